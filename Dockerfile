# The program as it is: Node runs its TypeScript, so there is nothing to build.
FROM node:26.12.1-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000
WORKDIR /app
# Whoever writes into a volume that is mounted here for the first time is the program's own user.
RUN install -d -o node -g node -m 700 data
COPY package.json package-lock.json .npmrc ./
# The optional packages are a PostgreSQL and a Node of our own: both are here already, or in the next container.
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
