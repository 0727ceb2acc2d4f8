# Mounts a container's pinned volumes where only its conmon and it see them, and becomes the program given.
#
# Each is mounted first and looked at then: a path may lead elsewhere than a moment ago, a mount does not.

for wanted in volumes/*.identity; do
  place=${wanted%.identity}
  read -r identity <"$wanted"
  mount --bind "$place.source" "$place" || exit 1
  [ "$(stat -c %d:%i "$place")" = "$identity" ] || {
    echo "a volume's source was changed while it was mounted" >&2
    exit 1
  }
done
exec "$@"
