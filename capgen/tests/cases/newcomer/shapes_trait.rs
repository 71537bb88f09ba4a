// A trait with several implementations across modules, a default method, an associated constant.
mod area {
    pub trait Shape {
        const CORNERS: u8;
        fn area(&self) -> u16;
        fn is_big(&self) -> bool {
            self.area() > 100
        }
    }
}

mod square {
    use super::area::Shape;

    pub struct Square {
        pub side: u8,
    }

    impl Shape for Square {
        const CORNERS: u8 = 4;
        fn area(&self) -> u16 {
            u16::from(self.side) * u16::from(self.side)
        }
    }
}

mod triangle {
    #[derive(Default, Clone, Copy)]
    pub struct Triangle {
        pub base: u8,
        pub height: u8,
    }

    impl super::area::Shape for Triangle {
        const CORNERS: u8 = 3;
        fn area(&self) -> u16 {
            self.base as u16 * self.height as u16 / 2
        }
        fn is_big(&self) -> bool {
            self.area() >= 50
        }
    }
}

use area::Shape;
use square::Square;
use triangle::Triangle;

fn score<S: Shape>(shape: &S) -> u16 {
    shape.area() * 10 + u16::from(S::CORNERS) + if shape.is_big() { 1000 } else { 0 }
}

fn both(a: &impl Shape, b: &impl Shape) -> u16 {
    score(a) + score(b)
}

pub fn scores(side: u8, base: u8, height: u8) -> u16 {
    let triangle = Triangle { base, ..Default::default() };
    let triangle = Triangle { height, ..triangle };
    both(&Square { side }, &triangle)
}
// run: scores(3, 4, 5) == 197
// run: scores(11, 10, 10) == 3717
