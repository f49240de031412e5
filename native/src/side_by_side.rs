//! Many messages hashed side by side: one lane a message, the next message as soon as a lane is free. No Node here.

/// A hash function that advances `LANES` independent messages at a time.
pub trait Hasher<const LANES: usize, const BLOCK: usize> {
    /// Fewer messages than this are faster one after the other.
    const WORTH: usize;
    /// Bytes of the message length at the end of the padding.
    const LENGTH_BYTES: usize;

    fn start(&mut self, lane: usize);
    /// Advances every lane by its blocks; all lanes have the same number.
    fn step(&mut self, blocks: &[&[[u8; BLOCK]]; LANES]);
    /// Advances one lane.
    fn step_alone(&mut self, lane: usize, blocks: &[[u8; BLOCK]]);
    fn digest(&self, lane: usize) -> [u8; 32];
}

/// A message on its way through a lane.
struct Job<'a, const BLOCK: usize> {
    index: usize,
    body: &'a [[u8; BLOCK]],
    /// The bytes after the last whole block and the padding.
    tail: [[u8; BLOCK]; 2],
    /// Blocks of `tail` still to do, counted from its end.
    tail_left: usize,
}

impl<'a, const BLOCK: usize> Job<'a, BLOCK> {
    fn new(index: usize, message: &'a [u8], length_bytes: usize) -> Self {
        let (body, rest) = message.as_chunks::<BLOCK>();
        let mut tail = [[0; BLOCK]; 2];
        let tail_left = if rest.len() < BLOCK - length_bytes {
            1
        } else {
            2
        };
        let first = 2 - tail_left;
        tail[first][..rest.len()].copy_from_slice(rest);
        tail[first][rest.len()] = 0x80;
        tail[1][BLOCK - 8..].copy_from_slice(&(message.len() as u64 * 8).to_be_bytes());
        Self {
            index,
            body,
            tail,
            tail_left,
        }
    }

    /// Blocks that lie together; none when the message is done.
    fn blocks(&self) -> &[[u8; BLOCK]] {
        if self.body.is_empty() {
            &self.tail[2 - self.tail_left..]
        } else {
            self.body
        }
    }

    fn advance(&mut self, count: usize) {
        if self.body.is_empty() {
            self.tail_left -= count;
        } else {
            self.body = &self.body[count..];
        }
    }
}

/// Digests of the messages, in their order.
pub fn digests<H, const LANES: usize, const BLOCK: usize>(
    mut hasher: H,
    messages: &[&[u8]],
) -> Vec<[u8; 32]>
where
    H: Hasher<LANES, BLOCK>,
{
    let mut out = vec![[0; 32]; messages.len()];
    // Longest first, so that the lanes run dry at about the same time.
    let mut order: Vec<usize> = (0..messages.len()).collect();
    order.sort_by_key(|&index| std::cmp::Reverse(messages[index].len()));
    let mut waiting = order.into_iter();
    let mut jobs: [Option<Job<BLOCK>>; LANES] = std::array::from_fn(|_| None);
    loop {
        for (lane, job) in jobs.iter_mut().enumerate() {
            if job.is_none()
                && let Some(index) = waiting.next()
            {
                hasher.start(lane);
                *job = Some(Job::new(index, messages[index], H::LENGTH_BYTES));
            }
        }
        let busy = jobs.iter().flatten().count();
        // A lane without a message does the work of another again, and nobody asks for its result.
        let Some(any) = jobs.iter().flatten().min_by_key(|job| job.blocks().len()) else {
            return out;
        };
        let count = any.blocks().len();
        if busy < H::WORTH {
            for (lane, job) in jobs.iter().enumerate() {
                if let Some(job) = job {
                    hasher.step_alone(lane, &job.blocks()[..count]);
                }
            }
        } else {
            let blocks =
                std::array::from_fn(|lane| &jobs[lane].as_ref().unwrap_or(any).blocks()[..count]);
            hasher.step(&blocks);
        }
        for (lane, slot) in jobs.iter_mut().enumerate() {
            if let Some(job) = slot {
                job.advance(count);
                if job.blocks().is_empty() {
                    out[job.index] = hasher.digest(lane);
                    *slot = None;
                }
            }
        }
    }
}
