# Tells what the ACME client's messages mean: one line in the log each, and the last failure for the administrators.
# Sourced; settings.sh made the pipe. It is open for writing too, so that it never ends.
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
      echo "$reason" > "$to/certificate-failure"
      echo "nginx: No new certificate for $DOMAIN: $reason. Does $DOMAIN lead to this machine, and can others reach" \
        "its ports 80 and 443? It is tried again in a minute, later less often; to try now, restart nginx."
      ;;
  esac
done 0<> "$to/acme.log" >&2
