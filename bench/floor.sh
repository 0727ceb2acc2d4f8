# One container after the other under conmon, with nothing around them: the floor of `npm run bench -- launch`.
#
# Reads a container's name a line; answers `started` when the runtime has started it, and, at a line `remove
# NAME`, `removed`. Arguments: runtime, conmon, a directory with containers/, exits/ and state/, and a mount
# that the runtime must not see (or nothing).

runtime=$1 conmon=$2 directory=$3 hidden=$4
[ -z "$hidden" ] || umount "$hidden" || exit 1

start() {
  cd "$directory/containers/$1" || return 1
  _OCI_SYNCPIPE=3 "$conmon" --api-version 1 --cid "$1" --cuuid "$1" --runtime "$runtime" \
    --runtime-arg "--root=$directory/state" --bundle . --container-pidfile pid --exit-dir "$directory/exits" \
    --log-path passthrough --log-level error --socket-dir-path . --full-attach \
    3>&1 >output 2>&1 </dev/null | { read -r _ && "$runtime" "--root=$directory/state" start "$1"; }
}

while read -r verb name; do
  case $verb in
    start) if start "$name"; then echo started; else echo failed; fi ;;
    remove) "$runtime" "--root=$directory/state" delete --force "$name" >/dev/null 2>&1; echo removed ;;
  esac
done
