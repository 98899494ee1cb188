# Tells what the ACME client's messages mean: one line in the log each, and the last failure for the administrators.
# Sourced; settings.sh made the pipe. It is open for writing too, so that it never ends.

# After its fourth failure the client waits for a day. Until the first certificate, it begins anew every hour.
while sleep 3600; do ls /var/tmp/*/"$DOMAIN"-*.crt > /dev/null 2>&1 || nginx -s reload; done &

advice="Does $DOMAIN lead to this machine, and can others reach its ports 80 and 443? nginx tries again by itself, and \
when it is restarted."
while IFS= read -r line; do
  case "$line" in
    *': certificate issued, '*)
      : > "$to/certificate-failure"
      echo "nginx: There is a new certificate for $DOMAIN."
      ;;
    *' while updating certificate, '* | *' while creating account, '* | *' while processing renewals, '*)
      reason=${line#*\] }
      reason=${reason#*: }
      reason=${reason#urn:ietf:params:acme:error:}
      reason=${reason%% while updating certificate, *}
      reason=${reason%% while creating account, *}
      reason=${reason%% while processing renewals, *}
      printf '%s\n' "$reason" > "$to/certificate-failure"
      printf 'nginx: No new certificate for %s: %s. %s\n' "$DOMAIN" "$reason" "$advice"
      ;;
  esac
done 0<> "$to/acme.log" >&2
