//! Rectangles whose areas are as the sizes, by the squarified layout: each row takes as many as make
//! its rectangles no more elongated.

/// A rectangle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rectangle {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// Divides `area` among sizes, which are in descending order; what has size 0 gets nothing.
pub(super) fn layout(sizes: &[f64], area: Rectangle) -> Vec<Rectangle> {
    let total: f64 = sizes.iter().sum();
    let mut placed = Vec::with_capacity(sizes.len());
    let mut rest = area;
    let scale = if total > 0.0 {
        area.width * area.height / total
    } else {
        0.0
    };
    let mut at = 0;
    while at < sizes.len() {
        let side = rest.width.min(rest.height);
        let tail = sizes.get(at..).unwrap_or(&[]);
        let mut count = 1;
        while count < tail.len()
            && worst(tail, count + 1, scale, side) <= worst(tail, count, scale, side)
        {
            count += 1;
        }
        let row = tail.get(..count).unwrap_or(&[]);
        rest = place(row, scale, rest, &mut placed);
        at += count;
    }
    placed
}

/// The greatest ratio of sides in a row of the first `count`.
fn worst(sizes: &[f64], count: usize, scale: f64, side: f64) -> f64 {
    let row = sizes.get(..count).unwrap_or(&[]);
    let sum: f64 = row.iter().sum::<f64>() * scale;
    if sum <= 0.0 || side <= 0.0 {
        return f64::INFINITY;
    }
    let thickness = sum / side;
    row.iter()
        .map(|size| {
            let length = size * scale / thickness;
            (length / thickness).max(thickness / length)
        })
        .fold(0.0, f64::max)
}

/// Places a row along the shorter side and gives what is left.
fn place(row: &[f64], scale: f64, area: Rectangle, placed: &mut Vec<Rectangle>) -> Rectangle {
    let is_wide = area.width >= area.height;
    let side = if is_wide { area.height } else { area.width };
    let sum: f64 = row.iter().sum::<f64>() * scale;
    let thickness = if side > 0.0 { sum / side } else { 0.0 };
    let mut along = 0.0;
    for size in row {
        let length = if thickness > 0.0 {
            size * scale / thickness
        } else {
            0.0
        };
        placed.push(if is_wide {
            Rectangle {
                x: area.x,
                y: area.y + along,
                width: thickness,
                height: length,
            }
        } else {
            Rectangle {
                x: area.x + along,
                y: area.y,
                width: length,
                height: thickness,
            }
        });
        along += length;
    }
    if is_wide {
        Rectangle {
            x: area.x + thickness,
            width: area.width - thickness,
            ..area
        }
    } else {
        Rectangle {
            y: area.y + thickness,
            height: area.height - thickness,
            ..area
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_are_as_the_sizes_and_within_the_whole() {
        let sizes = [60.0, 30.0, 24.0, 12.0, 12.0, 6.0, 0.0];
        let whole = Rectangle {
            x: 5.0,
            y: 7.0,
            width: 160.0,
            height: 90.0,
        };
        let placed = layout(&sizes, whole);
        assert_eq!(placed.len(), sizes.len());
        for (rectangle, size) in placed.iter().zip(sizes) {
            let expected = size / 144.0 * whole.width * whole.height;
            assert!((rectangle.width * rectangle.height - expected).abs() < 1e-6);
            assert!(rectangle.x >= whole.x - 1e-6 && rectangle.y >= whole.y - 1e-6);
            assert!(rectangle.x + rectangle.width <= whole.x + whole.width + 1e-6);
            assert!(rectangle.y + rectangle.height <= whole.y + whole.height + 1e-6);
        }
        for (index, a) in placed.iter().enumerate() {
            for b in placed.iter().skip(index + 1) {
                let apart = a.x + a.width <= b.x + 1e-6
                    || b.x + b.width <= a.x + 1e-6
                    || a.y + a.height <= b.y + 1e-6
                    || b.y + b.height <= a.y + 1e-6;
                assert!(apart, "{a:?} and {b:?} overlap");
            }
        }
    }

    #[test]
    fn nothing_and_zeros_are_no_trouble() {
        let whole = Rectangle {
            x: 0.0,
            y: 0.0,
            width: 1.0,
            height: 1.0,
        };
        assert!(layout(&[], whole).is_empty());
        assert_eq!(layout(&[0.0, 0.0], whole).len(), 2);
    }
}
