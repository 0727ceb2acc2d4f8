# Makes a network namespace and holds it: a process that does nothing keeps it for as long as it is wanted, also
# when no container is in it yet, or none any more. It outlives the agent.
#
# Arguments: the file to write who it is to, then directories of cgroups to move into.

file=$1
shift
for cgroup; do
  mkdir -p "$cgroup" 2>/dev/null && echo 0 >"$cgroup/cgroup.procs" 2>/dev/null
done
export file
exec unshare --net sh -c '
  ip link set lo up || exit 1
  # A container has its ports to itself, also those that the host keeps for root.
  echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start 2>/dev/null
  echo "0 2147483647" >/proc/sys/net/ipv4/ping_group_range 2>/dev/null
  read -r stat <"/proc/$$/stat" && set -- ${stat##*) } && echo "$$ ${20}" >"$file.new" && mv "$file.new" "$file" || exit 1
  unset file
  echo held
  exec sleep infinity >/dev/null 2>&1
'
