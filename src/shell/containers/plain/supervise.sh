# The supervisor of one plain task: starts it in a session of its own, waits, and writes its exit code.
#
# It runs in the container's directory and in a session of its own, so it outlives the agent. Descriptor 3
# takes one line that says that the task started. The task runs in the foreground: a shell would make it
# ignore SIGINT in the background. Arguments: the container's name, the directory of exit files.

name=$1 exits=$2
trap : HUP INT TERM

setsid sh ./task.sh >>sandbox/stdout 2>>sandbox/stderr </dev/null
code=$?
exec 3>&-
# What the task left in its group ends with it.
if read -r pid start_time <started; then
  kill -s KILL -- "-$pid" 2>/dev/null
fi
echo "$code" >"$exits/.$name" && mv "$exits/.$name" "$exits/$name"
