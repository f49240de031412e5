//! Many messages hashed side by side: one lane a message, the next message as soon as a lane is free. No Node here.

/// A hash function that advances `LANES` independent messages at a time.
pub trait Hasher<const LANES: usize, const BLOCK: usize> {
    /// Fewer messages than this are faster one after the other.
    const WORTH: usize;

    /// What is worked in for a message.
    fn parts(message: &[u8]) -> Parts<'_, BLOCK>;
    /// `length`: bytes of the message
    fn start(&mut self, lane: usize, length: usize);
    /// Advances every lane by its blocks; all lanes have the same number.
    fn step(&mut self, blocks: &[&[[u8; BLOCK]]; LANES]);
    /// Advances one lane.
    fn step_alone(&mut self, lane: usize, blocks: &[[u8; BLOCK]]);
    fn digest(&self, lane: usize) -> [u8; 32];
}

/// A message in blocks.
pub struct Parts<'a, const BLOCK: usize> {
    /// Those that lie whole in the message.
    pub body: &'a [[u8; BLOCK]],
    /// The bytes after them and the padding.
    pub tail: [[u8; BLOCK]; 2],
    /// Blocks of `tail` still to do, counted from its end.
    pub tail_left: usize,
}

impl<'a, const BLOCK: usize> Parts<'a, BLOCK> {
    /// Padded by a bit, zeros, and a field of `field` bytes that `length` ends.
    pub fn padded(message: &'a [u8], field: usize, length: [u8; 8]) -> Self {
        let (body, rest) = message.as_chunks::<BLOCK>();
        let mut tail = [[0; BLOCK]; 2];
        let tail_left = if rest.len() < BLOCK - field { 1 } else { 2 };
        let first = 2 - tail_left;
        tail[first][..rest.len()].copy_from_slice(rest);
        tail[first][rest.len()] = 0x80;
        tail[1][BLOCK - 8..].copy_from_slice(&length);
        Self {
            body,
            tail,
            tail_left,
        }
    }

    /// As SHA-2 has it: the length counts bits, big-endian.
    #[cfg(target_arch = "x86_64")]
    pub fn padded_big(message: &'a [u8], field: usize) -> Self {
        Self::padded(message, field, (message.len() as u64 * 8).to_be_bytes())
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

/// A message on its way through a lane.
struct Job<'a, const BLOCK: usize> {
    index: usize,
    parts: Parts<'a, BLOCK>,
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
                let message = messages[index];
                hasher.start(lane, message.len());
                *job = Some(Job {
                    index,
                    parts: H::parts(message),
                });
            }
        }
        let busy = jobs.iter().flatten().count();
        // A lane without a message does the work of another again, and nobody asks for its result.
        let Some(any) = jobs
            .iter()
            .flatten()
            .min_by_key(|job| job.parts.blocks().len())
        else {
            return out;
        };
        let count = any.parts.blocks().len();
        if busy < H::WORTH {
            for (lane, job) in jobs.iter().enumerate() {
                if let Some(job) = job {
                    hasher.step_alone(lane, &job.parts.blocks()[..count]);
                }
            }
        } else {
            let blocks = std::array::from_fn(|lane| {
                &jobs[lane].as_ref().unwrap_or(any).parts.blocks()[..count]
            });
            hasher.step(&blocks);
        }
        for (lane, slot) in jobs.iter_mut().enumerate() {
            if let Some(job) = slot {
                job.parts.advance(count);
                if job.parts.blocks().is_empty() {
                    out[job.index] = hasher.digest(lane);
                    *slot = None;
                }
            }
        }
    }
}
