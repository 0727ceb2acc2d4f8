# Mounts what a container of a user namespace of its own stands on, where only its conmon and it see it, and becomes
# the program given.
#
# Everything in `mapped` gets translated ids. A root of its own is mounted where everybody may pass through to it,
# for the container's root is nobody here. Arguments: where that is, then the program and its own.

root=$1
here=${0%/*}
shift

translate() {
  read -r first count <mapped/ids || return
  set --
  for source in mapped/*.source; do set -- "$@" "$source" "${source%.source}"; done
  perl "$here/map.pl" "$first" "$count" "$@"
}

translate || exit 1
if [ -d upper ]; then
  read -r lowers <lowers || exit 1
  [ ! -f context ] || { read -r context <context && lowers="$lowers,context=\"$context\""; }
  # By the older system call, since the newer takes no more than 256 characters of an option.
  LIBMOUNT_FORCE_MOUNT2=always mount -t overlay \
    -o "nosuid,nodev,lowerdir=$lowers,upperdir=upper,workdir=work" overlay "$root" || exit 1
elif [ -d rootfs ]; then
  mount --bind mapped/rootfs "$root" && mount -o remount,bind,nosuid,nodev "$root" || exit 1
fi
# The same files, in the container's own hands: whoever opens his own output once more may.
exec >>mapped/sandbox/stdout 2>>mapped/sandbox/stderr
exec "$@"
