// The command of a clone under the name that scripts call it by. The package has zfs-uber.cjs alone: what begins as a
// module takes five milliseconds more.
import './zfs-uber.cjs';
