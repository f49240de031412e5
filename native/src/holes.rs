//! Where an open file has data, by what its file system says. No Node here.

/// Data of a file as start and end, ascending; what lies between is holes.
pub type Extents = Vec<(u64, u64)>;

/// Seeks that one call makes at most: behind them all counts as data.
const MOST_SEEKS: usize = 1 << 16;

/// Where the bytes of the file lie that are not in holes, from `from` up to `to`. None where the system does not say.
#[cfg(any(
    target_os = "linux",
    target_os = "macos",
    target_os = "freebsd",
    target_os = "illumos"
))]
pub fn extents(descriptor: u32, from: u64, to: u64) -> Option<Extents> {
    use rustix::fs::{SeekFrom, seek};
    use rustix::io::Errno;
    use std::fs::File;

    // Opened once more by the name that the system gives it: so no descriptor of another owner is touched.
    let folder = if cfg!(target_os = "linux") {
        "/proc/self/fd"
    } else {
        "/dev/fd"
    };
    let file = File::open(format!("{folder}/{descriptor}")).ok()?;
    let mut found = Extents::new();
    let mut at = from;
    for _ in 0..MOST_SEEKS {
        let start = match seek(&file, SeekFrom::Data(at)) {
            Ok(start) => start.max(at),
            // There is no data behind.
            Err(Errno::NXIO) => return Some(found),
            Err(_) => return None,
        };
        if start >= to {
            return Some(found);
        }
        let end = seek(&file, SeekFrom::Hole(start)).ok()?.min(to);
        if end <= start {
            return None;
        }
        found.push((start, end));
        if end == to {
            return Some(found);
        }
        at = end;
    }
    found.push((at, to));
    Some(found)
}

#[cfg(not(any(
    target_os = "linux",
    target_os = "macos",
    target_os = "freebsd",
    target_os = "illumos"
)))]
pub fn extents(_descriptor: u32, _from: u64, _to: u64) -> Option<Extents> {
    None
}
