# Checks nginx's settings and writes what follows from them, for nginx.conf to include. Sourced; the folder is in $to.
wrong() {
  echo "nginx: Wrong settings: $1" >&2
  exit 1
}
notProxies='FRONT_PROXY must be addresses or networks, such as 10.0.0.1 or 10.0.0.0/8.'

case "$FRONT_PROXY" in *[!0-9A-Fa-f.:/,\ ]*) wrong "$notProxies" ;; esac
for proxy in $(echo "$FRONT_PROXY" | tr , ' '); do echo "set_real_ip_from $proxy;"; done > "$to/front-proxy.conf"

DOMAIN=$(echo "$DOMAIN" | tr 'A-Z\r' 'a-z ' | sed 's/^ *//; s/ *$//')
if [ -n "$DOMAIN" ]; then
  ACME_DIRECTORY=${ACME_DIRECTORY:-https://acme-v02.api.letsencrypt.org/directory}
  PUBLIC_URL=https://$DOMAIN
  case "$DOMAIN" in *[!a-z0-9.-]* | *..* | .* | *.) wrong 'DOMAIN must be a name such as mail.example.org.' ;; esac
  case "$ACME_DIRECTORY" in
    *[!A-Za-z0-9._~:/?=\&%-]* | https:///*) ACME_DIRECTORY= ;;
    https://?*) ;;
    *) ACME_DIRECTORY= ;;
  esac
  [ -n "$ACME_DIRECTORY" ] ||
    wrong 'ACME_DIRECTORY must be an address such as https://acme-v02.api.letsencrypt.org/directory.'
  # Another authority starts with nothing from the one before.
  authority=$(echo "$ACME_DIRECTORY" | sed 's|^https://||; s|[^A-Za-z0-9.-]|-|g')
  directory=$(echo "$ACME_DIRECTORY" | sed 's|&|\\&|g')
  for part in main http server; do
    sed "s|{DOMAIN}|$DOMAIN|g; s|{AUTHORITY}|$authority|g; s|{ACME_DIRECTORY}|$directory|g" \
      "$templates/$part.conf" > "$to/https-$part.conf"
  done
  # For certificate-log.sh.
  rm -f "$to/acme.log" && mkfifo "$to/acme.log" && : > "$to/certificate-failure"
fi

# The app's HSTS (src/web/headers.ts) for nginx's own files. Wrong settings stop the app.
case "$PUBLIC_URL" in [Hh][Tt][Tt][Pp][Ss]:*) secure=max-age=31536000 ;; *) HSTS=off ;; esac
case "$HSTS" in
  off) secure= ;;
  subdomains) secure="$secure; includeSubDomains" ;;
  preload) secure="$secure; includeSubDomains; preload" ;;
esac
echo "~. \"$secure\";" > "$to/hsts.conf"
