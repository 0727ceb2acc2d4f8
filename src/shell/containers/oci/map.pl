# Mounts directories and files a second time, with user and group ids translated.
#
# In the mount namespace that it is called in. Each is cloned, then changed, then put into its place, so that at no
# time its files are there with other owners. Arguments: the first id of the range on this host, how many, and then
# two words for each: what to mount, and where.

use strict;
use warnings;
use IPC::Open2;

# The same for every kind of machine.
my ($OPEN_TREE, $MOVE_MOUNT, $MOUNT_SETATTR) = (428, 429, 442);
my ($AT_FDCWD, $AT_EMPTY_PATH, $CLONE, $FROM_EMPTY_PATH, $IDMAP) = (-100, 0x1000, 1, 4, 0x100000);

my ($first, $count, @places) = @ARGV;

sub fail { print STDERR "translated ids: $_[0]: $!\n"; exit 1 }

# A process of its own in a new user namespace, whose ids are then set from outside.
my $helper = open2(my $answer, my $call, "unshare", "--user", "cat") or fail("unshare");
syswrite($call, "there\n");
defined(my $line = <$answer>) or fail("no user namespace can be made");
for my $kind ("uid", "gid") {
  open(my $map, ">", "/proc/$helper/${kind}_map") or fail("${kind}_map");
  defined(syswrite($map, "0 $first $count\n")) or fail("the ids from $first on");
}
open(my $namespace, "<", "/proc/$helper/ns/user") or fail("the user namespace");
my $change = pack("QQQQ", $IDMAP, 0, 0, fileno($namespace));
my $nothing = "";

while (my ($from, $to) = splice(@places, 0, 2)) {
  my $tree = syscall($OPEN_TREE, $AT_FDCWD, $from, $CLONE);
  $tree >= 0 or fail("open $from");
  syscall($MOUNT_SETATTR, $tree, $nothing, $AT_EMPTY_PATH, $change, length $change) == 0
    or fail("the file system of $from");
  syscall($MOVE_MOUNT, $tree, $nothing, $AT_FDCWD, $to, $FROM_EMPTY_PATH) == 0 or fail("mount on $to");
}
close $call;
waitpid($helper, 0);
