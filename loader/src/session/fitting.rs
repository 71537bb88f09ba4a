//! How data are cut into commands: as many bytes into each as card and channel take, and on a line that cuts commands
//! into blocks, as many as cost it the least.

/// What protection adds to a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Envelope {
    /// The block that encrypted data are padded to.
    pub(crate) padding: Option<usize>,
    /// The length of the MAC.
    pub(crate) mac: usize,
}

/// What decides how data are cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fitting {
    /// The most plain data that one command takes.
    pub(crate) most: usize,
    /// The block of the line, where it has one.
    pub(crate) block: Option<usize>,
    /// What is around the plain data.
    pub(crate) envelope: Envelope,
}

/// Header, Lc and Le.
const AROUND: usize = 6;
/// What a block of T=1 costs besides its information: four bytes, and 22 etu until the next one.
const BLOCK: usize = 6;
/// Response data and status word, with a MAC.
const RESPONSE: usize = 11;

impl Envelope {
    /// No channel.
    pub(crate) const PLAIN: Self = Self {
        padding: None,
        mac: 0,
    };

    /// How long a command with so many bytes of data gets.
    fn length(self, data: usize) -> usize {
        // Padding adds at least one byte.
        let data = self
            .padding
            .map_or(data, |block| (data / block + 1) * block);
        AROUND + data + self.mac
    }
}

impl Fitting {
    /// How many bytes go best into each command, of `total` that may be cut anywhere: of 260 bytes in blocks of 254
    /// the last six would cost a block, its acknowledgement and two turns of the line.
    pub(crate) fn piece(self, total: usize) -> usize {
        let most = self.most.max(1);
        let Some(block) = self.block.filter(|size| *size > 0) else {
            return most;
        };
        // In characters of the line: prologue, epilogue and guard time of a block; an acknowledgement for each but the
        // last; the response.
        let one = |data: usize| {
            let length = self.envelope.length(data);
            let blocks = length.div_ceil(block);
            length + blocks * BLOCK + (blocks - 1) * BLOCK + BLOCK + RESPONSE
        };
        let cost = |data: usize| match total % data {
            0 => total / data * one(data),
            rest => total / data * one(data) + one(rest),
        };
        // The largest of those that cost the same.
        (1..=most)
            .rev()
            .min_by_key(|data| cost(*data))
            .unwrap_or(most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// C-MAC of SCP03 in S8 mode.
    const C_MAC: Envelope = Envelope {
        padding: None,
        mac: 8,
    };

    #[test]
    fn without_blocks_a_command_is_as_long_as_it_may() {
        let fitting = Fitting {
            most: 247,
            block: None,
            envelope: C_MAC,
        };
        assert_eq!(fitting.piece(4056), 247);
        assert_eq!(Fitting { most: 0, ..fitting }.piece(4056), 1);
    }

    #[test]
    fn a_command_ends_with_its_block() {
        let on = |block, most| Fitting {
            most,
            block: Some(block),
            envelope: C_MAC,
        };
        // Header, Lc, MAC and Le are 14 bytes.
        assert_eq!(on(254, 247).piece(100_000), 240);
        assert_eq!(on(32, 247).piece(100_000), 242);
        // What fits one command goes into one.
        assert_eq!(on(254, 247).piece(240).min(240), 240);
        // No piece is longer than a command, and hostile numbers end nothing.
        for block in 0..300 {
            for total in [0, 1, 239, 241, 4060] {
                assert!((1..=247).contains(&on(block, 247).piece(total)));
            }
        }
    }
}
