fn T_slice_contains(slice: &[T], wanted: T) -> bool {
    let mut at = 0usize;
    while at < slice.len() {
        if slice[at] == wanted {
            return true;
        }
        at += 1;
    }
    false
}

fn T_slice_starts_with(slice: &[T], start: &[T]) -> bool {
    slice.len() >= start.len() && &slice[..start.len()] == start
}

fn T_slice_ends_with(slice: &[T], end: &[T]) -> bool {
    slice.len() >= end.len() && &slice[slice.len() - end.len()..] == end
}

fn T_slice_get(slice: &[T], at: usize) -> Option<T> {
    if at < slice.len() { Some(slice[at]) } else { None }
}

fn T_slice_first(slice: &[T]) -> Option<T> {
    if slice.is_empty() { None } else { Some(slice[0]) }
}

fn T_slice_last(slice: &[T]) -> Option<T> {
    if slice.is_empty() { None } else { Some(slice[slice.len() - 1]) }
}

fn T_slice_split_at(slice: &[T], at: usize) -> (&[T], &[T]) {
    (&slice[..at], &slice[at..])
}

fn T_slice_split_at_mut(slice: &mut [T], at: usize) -> (&mut [T], &mut [T]) {
    (&mut slice[..at], &mut slice[at..])
}

fn T_slice_split_at_checked(slice: &[T], at: usize) -> Option<(&[T], &[T])> {
    if at <= slice.len() { Some((&slice[..at], &slice[at..])) } else { None }
}

fn T_slice_split_first(slice: &[T]) -> Option<(T, &[T])> {
    if slice.is_empty() { None } else { Some((slice[0], &slice[1..])) }
}

fn T_slice_split_last(slice: &[T]) -> Option<(T, &[T])> {
    if slice.is_empty() { None } else { Some((slice[slice.len() - 1], &slice[..slice.len() - 1])) }
}

fn T_slice_strip_prefix(slice: &[T], start: &[T]) -> Option<&[T]> {
    if T_slice_starts_with(slice, start) { Some(&slice[start.len()..]) } else { None }
}

fn T_slice_strip_suffix(slice: &[T], end: &[T]) -> Option<&[T]> {
    if T_slice_ends_with(slice, end) { Some(&slice[..slice.len() - end.len()]) } else { None }
}

fn T_slice_swap(slice: &mut [T], a: usize, b: usize) {
    let kept = slice[a];
    slice[a] = slice[b];
    slice[b] = kept;
}

fn T_slice_reverse(slice: &mut [T]) {
    let mut low = 0usize;
    let mut high = slice.len();
    while low + 1 < high {
        high -= 1;
        T_slice_swap(slice, low, high);
        low += 1;
    }
}

fn T_slice_copy(to: &mut [T], from: &[T]) {
    let mut at = 0usize;
    while at < from.len() {
        to[at] = from[at];
        at += 1;
    }
}

fn T_slice_fill(to: &mut [T], value: T) {
    let mut at = 0usize;
    while at < to.len() {
        to[at] = value;
        at += 1;
    }
}

fn T_slice_equal(a: &[T], b: &[T]) -> bool {
    let mut at = 0usize;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}
