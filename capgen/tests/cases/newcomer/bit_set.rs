// A bit set over bytes: a generic struct with a const parameter, methods, loops with labels.
struct BitSet<const N: usize> {
    words: [u8; N],
}

impl<const N: usize> BitSet<N> {
    const BITS: usize = N * 8;

    fn new() -> Self {
        BitSet { words: [0; N] }
    }

    fn insert(&mut self, at: usize) -> bool {
        let (word, mask) = (at / 8, 1u8 << (at % 8));
        let was = self.words[word] & mask != 0;
        self.words[word] |= mask;
        !was
    }

    fn contains(&self, at: usize) -> bool {
        self.words[at / 8] >> (at % 8) & 1 == 1
    }

    fn len(&self) -> u32 {
        self.words.iter().map(|word| word.count_ones()).sum()
    }
}

pub fn distinct(data: &[u8]) -> u16 {
    let mut seen = BitSet::<32>::new();
    let mut again = 0u16;
    for byte in data {
        if !seen.insert(usize::from(*byte)) {
            again += 1;
        }
    }
    seen.len() as u16 * 100 + again * 10 + seen.contains(7) as u16
}
// run: distinct([1, 2, 2, 7]) == 311
// run: distinct([255, 255, 255]) == 120
// run: distinct([]) == 0

pub fn bits() -> usize {
    BitSet::<4>::BITS
}
// run: bits() == 32
