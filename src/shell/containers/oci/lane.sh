# A lane: a long-lived shell of the agent that launches containers, one at a time.
#
# It lives in a mount namespace of its own, so no mount that a launch needs is ever seen by the host, and it
# spares the agent (a large process) a fork for each launch. It reads one job a line on its standard input
# and answers each with one line; at end of input, which is the agent's end, it finishes its job and goes.
# Arguments: runtime, conmon, the containers' directory, the directory of exit files, the runtime's state
# directory, a path to unmount first (or nothing), a directory of mount points for the host's file system and
# where to put them, and directories of cgroups to move into.

runtime=$1 conmon=$2 containers=$3 exits=$4 state=$5 hidden=$6 skeleton=$7 host_root=$8
shift 8
shared_state=$state binder=${0%/*}/bind.sh keeper=${0%/*}/keep.pl
mapper=${0%/*}/map.sh
# Up to 2.0.29 conmon takes `passthrough` for a file's name.
case $("$conmon" --version 2>/dev/null) in
  *' 2.1.'* | *' 2.'[2-9]* | *' 2.'[1-9][0-9]* | *' '[3-9].*) direct='' ;;
  *) direct=${0%/*}/direct.sh ;;
esac
umask 022
# The agent raised its own soft limit; a task gets the usual one and may raise it up to the hard limit.
ulimit -S -n 1024 2>/dev/null
[ -z "$hidden" ] || umount "$hidden" || exit 1
# On a file system that is itself read-only: a runtime makes what a definition names and is not there, and a
# read-only bind does not keep it from that. All containers share these mount points.
mount -t tmpfs -o size=1m,mode=755,nosuid,nodev tmpfs "$host_root" && cp -a "$skeleton/." "$host_root" &&
  mount -o remount,ro "$host_root" || exit 1
for cgroup; do
  mkdir -p "$cgroup" 2>/dev/null && echo 0 >"$cgroup/cgroup.procs" 2>/dev/null
done

# Field 22 of /proc/<pid>/stat: with the pid it names a process for good.
start_time() {
  read -r stat <"/proc/$1/stat" || return 1
  set -- ${stat##*) }
  start_time=${20}
}

supervise() {
  export _OCI_SYNCPIPE=3
  name=$1
  set -- "$conmon" --api-version 1 --cid "$1" --cuuid "$1" \
    --bundle "$containers/$1" --container-pidfile "$containers/$1/pid" --exit-dir "$exits" \
    --log-level error --socket-dir-path "$containers/$1" --full-attach
  if [ -e terminal ]; then
    # Its terminal is the supervisor's; what comes on it is written by `keep.pl`.
    set -- "$@" --log-path none --terminal --leave-stdin-open --runtime "$runtime"
  elif [ -n "$direct" ]; then
    export UNUM_RUNTIME="$runtime" UNUM_SANDBOX="$containers/$name/sandbox"
    set -- "$@" --log-path none --runtime /bin/sh --runtime-arg "$direct"
  else
    set -- "$@" --log-path passthrough --runtime "$runtime"
  fi
  set -- "$@" --runtime-arg "--root=$state" --runtime-arg "--log=$containers/$name/log"
  if [ -d mapped ]; then
    set -- sh "$mapper" "$host_root" "$@"
    { [ ! -d volumes ] && [ ! -d images ]; } || set -- sh "$binder" "$@"
    exec unshare --mount --propagation slave "$@"
  fi
  if [ -d volumes ] || [ -d images ]; then
    set -- sh "$binder" "$@"
    [ -d upper ] || exec unshare --mount --propagation slave "$@"
  fi
  if [ -d upper ]; then
    read -r lowers <lowers || return
    [ ! -f context ] || { read -r context <context && lowers="$lowers,context=\"$context\""; }
    # The overlay is mounted where only conmon and its container see it, and is gone with them. By the older
    # system call, since the newer takes no more than 256 characters of an option.
    exec unshare --mount --propagation slave env LIBMOUNT_FORCE_MOUNT2=always sh -c \
      'mount -t overlay -o "nosuid,nodev,lowerdir=$0,upperdir=upper,workdir=work" overlay rootfs &&
        unset LIBMOUNT_FORCE_MOUNT2 && exec "$@"' "$lowers" "$@"
  fi
  exec "$@"
}

# The runtime keeps a copy of a container's definition: that of one with secrets stays in memory.
choose_state() {
  state=$shared_state
  [ ! -d private ] || state=$containers/$1/private/runtime
}

# Before the task starts, so that nothing of what it writes is missed.
keep_terminal() {
  [ ! -e terminal ] || perl "$keeper" "$containers/$1" sandbox/stdout </dev/null >/dev/null 2>>log
}

launch() {
  cd "$containers/$1" || { echo failed; return; }
  choose_state "$1"
  supervise "$1" 3>&1 >>sandbox/stdout 2>>sandbox/stderr </dev/null | {
    read -r reply || reply=
    pid=${reply#*\"data\": }
    pid=${pid%%[!0-9]*}
    if [ -n "$pid" ] && start_time "$pid" && keep_terminal "$1" && "$runtime" "--root=$state" "--log=log" start "$1"; then
      echo "$pid $start_time" >started
      echo "launched $pid $start_time"
    else
      echo failed
    fi
  }
  cd "$containers"
}

check() {
  cd "$containers/$1" || { echo "checked $1 $2 255"; return; }
  choose_state "$1"
  definition=check-$2.json
  [ ! -d private ] || definition=private/$definition
  {
    "$runtime" "--root=$state" exec --pid-file "check-$2.pid" --process "$definition" "$1" 2>&1
    echo $? >"check-$2.exit"
  } </dev/null | {
    head -c "$3" >"check-$2.output"
    cat >/dev/null
  }
  read -r code <"check-$2.exit"
  echo "checked $1 $2 ${code:-255}"
}

# Names of containers are safe as words; their sandboxes are followed to, nothing in them is.
measure() {
  own='' shared=''
  cd "$containers" || return
  number=$1
  shift
  while [ "${1:---}" != -- ]; do
    own="$own $1/sandbox/ $1/upper"
    shift
  done
  # Of each group one: the directory around its tasks' own, without these.
  shift
  for name; do shared="$shared $name/sandbox/../.."; done
  {
    # shellcheck disable=SC2086 # lists
    nice -n 10 du -skx -- $own
    # shellcheck disable=SC2086
    [ -z "$shared" ] || nice -n 10 du -skx --exclude='sandbox/../../tasks' -- $shared
  } 2>/dev/null </dev/null | while read -r kibibytes path; do
    echo "measured ${path%%/*} $kibibytes ${path#*/}"
  done
  echo "measured-all $number"
}

while read -r verb name number bytes; do
  case $verb in
    launch) launch "$name" ;;
    # In the background, and not as a child that this shell would have to wait for.
    check) (check "$name" "$number" "$bytes" &) ; echo checking ;;
    measure) (measure "$name" $number $bytes &) ; echo measuring ;;
    *) echo "unknown $verb" ;;
  esac
done
