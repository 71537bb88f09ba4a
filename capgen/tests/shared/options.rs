//! The settings of the optimiser that everything runs under.

use capgen::opt::Options;

/// Everything on, everything off, everything on for speed, each optimisation alone, and all without ranges.
pub(crate) const OPTIONS: [Options; 18] = {
    const NONE: Options = Options::NONE;
    [
        Options::ALL,
        NONE,
        Options::SPEED,
        Options { fold: true, ..NONE },
        Options {
            decide: true,
            ..NONE
        },
        Options {
            paths: true,
            ..NONE
        },
        Options {
            blocks: true,
            ..NONE
        },
        Options {
            forward: true,
            ..NONE
        },
        Options {
            share: true,
            ..NONE
        },
        Options {
            combine: true,
            ..NONE
        },
        Options {
            place: true,
            ..NONE
        },
        Options {
            parameters: true,
            ..NONE
        },
        Options {
            inline: true,
            ..NONE
        },
        Options {
            tails: true,
            ..NONE
        },
        Options {
            stack: true,
            ..NONE
        },
        Options {
            words: true,
            ..NONE
        },
        Options {
            ranges: true,
            ..NONE
        },
        Options {
            ranges: false,
            ..Options::ALL
        },
    ]
};
