//! The Mersenne Twister, MT19937: Matsumoto and Nishimura, ACM TOMACS 8 (1998).

const N: usize = 624;
const M: usize = 397;
const MATRIX: u32 = 0x9908_b0df;
const UPPER: u32 = 0x8000_0000;
const LOWER: u32 = 0x7fff_ffff;

/// The engine: 624 words of state, one tempered 32-bit word a draw.
#[derive(Clone)]
pub struct Mt19937 {
    state: [u32; N],
    next: usize,
}

impl Mt19937 {
    /// Seeds with one word (Knuth's multiplicative initialisation), as numpy's legacy `seed` and PyTorch do.
    pub fn from_word(seed: u32) -> Self {
        let mut state = [seed; N];
        for i in 1..N {
            let last = state[i - 1];
            state[i] = 1_812_433_253u32.wrapping_mul(last ^ (last >> 30)).wrapping_add(i as u32);
        }
        Self { state, next: N }
    }

    /// Seeds with an array of words (`init_by_array`), as Python does. An empty key counts as one zero word.
    pub fn from_words(key: &[u32]) -> Self {
        let key = if key.is_empty() { &[0] } else { key };
        let mut engine = Self::from_word(19_650_218);
        let state = &mut engine.state;
        let (mut i, mut j) = (1, 0);
        for _ in 0..N.max(key.len()) {
            let mixed = (state[i - 1] ^ (state[i - 1] >> 30)).wrapping_mul(1_664_525);
            state[i] = (state[i] ^ mixed).wrapping_add(key[j]).wrapping_add(j as u32);
            i = advance(state, i);
            j = (j + 1) % key.len();
        }
        for _ in 0..N - 1 {
            let mixed = (state[i - 1] ^ (state[i - 1] >> 30)).wrapping_mul(1_566_083_941);
            state[i] = (state[i] ^ mixed).wrapping_sub(i as u32);
            i = advance(state, i);
        }
        state[0] = UPPER;
        engine
    }

    /// The next tempered word.
    pub fn word(&mut self) -> u32 {
        if self.next == N {
            self.twist();
        }
        self.next += 1;
        temper(self.state[self.next - 1])
    }

    /// Uniform in [0, 1) with 53 bits, from two words, as numpy and Python draw it.
    pub fn double(&mut self) -> f64 {
        let (high, low) = (self.word() >> 5, self.word() >> 6);
        (f64::from(high) * 67_108_864.0 + f64::from(low)) / 9_007_199_254_740_992.0
    }

    /// Fills `out` with `convert` of one word each: the words that [`Self::word`] would give, many at a time.
    pub fn fill<T>(&mut self, mut out: &mut [T], convert: impl Fn(u32) -> T) {
        while !out.is_empty() {
            if self.next == N {
                self.twist();
            }
            let words = &self.state[self.next..];
            let (now, later) = out.split_at_mut(words.len().min(out.len()));
            now.iter_mut().zip(words).for_each(|(out, &word)| *out = convert(temper(word)));
            self.next += now.len();
            out = later;
        }
    }

    /// Skips `count` words, without tempering them.
    pub fn skip(&mut self, count: usize) {
        let mut ahead = self.next + count;
        while ahead > N {
            self.twist();
            ahead -= N;
        }
        self.next = ahead;
    }

    /// Replaces the state by the next 624 words.
    fn twist(&mut self) {
        pulp::Arch::new().dispatch(
            #[inline(always)]
            || self.twist_here(),
        );
    }

    /// Three loops, so that no index needs a remainder and the compiler can process several words at a time.
    #[inline(always)]
    fn twist_here(&mut self) {
        let state = &mut self.state;
        for i in 0..N - M {
            state[i] = state[i + M] ^ mix(state[i], state[i + 1]);
        }
        for i in N - M..N - 1 {
            state[i] = state[i + M - N] ^ mix(state[i], state[i + 1]);
        }
        state[N - 1] = state[M - 1] ^ mix(state[N - 1], state[0]);
        self.next = 0;
    }
}

/// The next index of the array initialisation, carrying the last word to the front at the end.
fn advance(state: &mut [u32; N], i: usize) -> usize {
    if i + 1 < N {
        return i + 1;
    }
    state[0] = state[N - 1];
    1
}

fn mix(upper: u32, lower: u32) -> u32 {
    let joined = (upper & UPPER) | (lower & LOWER);
    (joined >> 1) ^ ((joined & 1).wrapping_neg() & MATRIX)
}

fn temper(mut word: u32) -> u32 {
    word ^= word >> 11;
    word ^= (word << 7) & 0x9d2c_5680;
    word ^= (word << 15) & 0xefc6_0000;
    word ^ (word >> 18)
}

#[cfg(test)]
mod tests {
    use super::Mt19937;

    /// The check value of the C++ standard, [rand.predef]: the 10,000th word of `mt19937` from its default seed 5489.
    #[test]
    fn the_ten_thousandth_word_is_the_standards() {
        let mut engine = Mt19937::from_word(5489);
        engine.skip(9_999);
        assert_eq!(engine.word(), 4_123_659_995);
    }

    /// The first words of the authors' `mt19937ar.out`, seeded with the array they use.
    #[test]
    fn the_array_seed_gives_the_authors_words() {
        let mut engine = Mt19937::from_words(&[0x123, 0x234, 0x345, 0x456]);
        let words: Vec<u32> = (0..5).map(|_| engine.word()).collect();
        assert_eq!(words, [1_067_595_299, 955_945_823, 477_289_528, 4_107_218_783, 4_228_976_476]);
    }

    #[test]
    fn filling_is_drawing() {
        let (mut drawn, mut filled) = (Mt19937::from_word(7), Mt19937::from_word(7));
        for count in [0, 3, 621, 1, 700, 2_000] {
            let mut words = vec![0; count];
            filled.fill(&mut words, |word| word);
            assert_eq!(words, (0..count).map(|_| drawn.word()).collect::<Vec<_>>());
        }
    }

    #[test]
    fn skipping_is_drawing() {
        for count in [0, 1, 623, 624, 625, 1_247, 1_248, 5_000] {
            let (mut drawn, mut skipped) = (Mt19937::from_word(7), Mt19937::from_word(7));
            (0..count).for_each(|_| {
                drawn.word();
            });
            skipped.skip(count);
            assert_eq!(drawn.word(), skipped.word(), "after {count}");
        }
    }
}
