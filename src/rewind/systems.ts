/** What a system calls its disks, and what shows it a file as a disk, differs by these. */
export type System = 'linux' | 'freebsd' | 'darwin' | 'illumos' | 'windows';
