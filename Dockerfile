# The program as it is: Node runs its TypeScript, so there is nothing to build.
FROM node:26.12.1-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 METRICS_HOST=0.0.0.0
WORKDIR /app
# A volume mounted there for the first time gets this owner, the program's own user.
RUN install -d -o node -g node -m 700 data backups
COPY package.json package-lock.json .npmrc ./
# The optional packages are PostgreSQL and Node: the image has Node, and PostgreSQL has its own container.
RUN npm ci --omit=dev --omit=optional && npm cache clean --force
COPY migrations migrations
COPY public public
COPY views views
COPY src src
USER node
EXPOSE 3000
HEALTHCHECK --interval=5s --timeout=5s --start-period=60s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:3000/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "src/start.js"]
