# A lane without isolation: a long-lived shell of the agent that starts plain processes, one at a time.
#
# It speaks as the OCI lane does. Each task gets a supervisor, a small shell in a session of its own that
# outlives the agent and writes the exit code to a file when the task ends.
# Arguments: the directory of these scripts, the containers' directory, the directory of exit files.

scripts=$1 containers=$2 exits=$3
umask 022
ulimit -S -n 1024 2>/dev/null

launch() {
  cd "$containers/$1" || { echo failed; return; }
  setsid --fork sh "$scripts/supervise.sh" "$1" "$exits" 3>&1 >/dev/null 2>&1 </dev/null | {
    read -r reply || reply=failed
    echo "$reply"
  }
  cd "$containers"
}

check() {
  cd "$containers/$1" || { echo "checked $1 $2 255"; return; }
  {
    setsid sh "check-$2.sh" "check-$2.pid" 2>&1
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
    own="$own $1/sandbox/"
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
    check) (check "$name" "$number" "$bytes" &) ; echo checking ;;
    measure) (measure "$name" $number $bytes &) ; echo measuring ;;
    *) echo "unknown $verb" ;;
  esac
done
