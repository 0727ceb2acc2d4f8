# Mounts a container's pinned volumes, and those of images, where only its conmon and it see them, and becomes the program given.
#
# Each is mounted first and looked at then: a path may lead elsewhere than a moment ago, a mount does not.

for lowers in images/*/lowers; do
  [ -e "$lowers" ] || continue
  # By the older system call, since the newer takes no more than 256 characters of an option.
  (
    cd "${lowers%/lowers}" && read -r layers <lowers &&
      { [ ! -f ../../context ] || { read -r context <../../context && layers="$layers,context=\"$context\""; }; } &&
      LIBMOUNT_FORCE_MOUNT2=always mount -t overlay \
        -o "nosuid,nodev,lowerdir=$layers,upperdir=upper,workdir=work" overlay rootfs
  ) || exit 1
done
for wanted in volumes/*.identity; do
  [ -e "$wanted" ] || continue
  place=${wanted%.identity}
  read -r identity <"$wanted"
  mount --bind "$place.source" "$place" || exit 1
  [ "$(stat -c %d:%i "$place")" = "$identity" ] || {
    echo "a volume's source was changed while it was mounted" >&2
    exit 1
  }
done
exec "$@"
