// A least-recently-used list in a Vec of arrays' indices.
struct Lru {
    order: [u8; 4],
    used: usize,
}

impl Default for Lru {
    fn default() -> Self {
        Self { order: [0; 4], used: 0 }
    }
}

impl Lru {
    fn touch(&mut self, key: u8) -> Option<u8> {
        let position = self.order[..self.used].iter().position(|&known| known == key);
        let (end, evicted) = match position {
            Some(at) => (at, None),
            None if self.used < self.order.len() => {
                self.used += 1;
                (self.used - 1, None)
            }
            None => (self.used - 1, Some(self.order[self.used - 1])),
        };
        self.order.copy_within(0..end, 1);
        self.order[0] = key;
        evicted
    }
}

pub fn evictions(length: usize, out: &mut [u8]) -> usize {
    let all = [1, 2, 3, 4, 1, 5, 6];
    let keys = &all[..length];
    let mut lru = Lru::default();
    let mut count = 0;
    for key in keys {
        if let Some(old) = lru.touch(*key) {
            out[count] = old;
            count += 1;
        }
    }
    out[count..count + lru.used].copy_from_slice(&lru.order[..lru.used]);
    count
}
// run: evictions(7, [0; 8]) == (2, [2, 3, 6, 5, 1, 4, 0, 0])
// run: evictions(2, [0; 3]) == (0, [2, 1, 0])
