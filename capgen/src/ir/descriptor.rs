//! Java method descriptors, `([BSB)V`.

/// The parameters of a method descriptor, each in descriptor form; `None` if it is not one.
#[must_use]
pub fn parameters(descriptor: &str) -> Option<Vec<&str>> {
    let (mut rest, _) = descriptor.strip_prefix('(')?.split_once(')')?;
    let mut parameters = Vec::new();
    while !rest.is_empty() {
        let (parameter, after) = first_type(rest)?;
        parameters.push(parameter);
        rest = after;
    }
    Some(parameters)
}

/// What a method descriptor gives back, `V` for nothing; `None` if it is not a method descriptor.
#[must_use]
pub fn result(descriptor: &str) -> Option<&str> {
    let (_, result) = descriptor.strip_prefix('(')?.split_once(')')?;
    (result == "V" || first_type(result)?.1.is_empty()).then_some(result)
}

/// The words of a value of a described type; none of `V`.
#[must_use]
pub fn words(described: &str) -> u8 {
    match described {
        "V" => 0,
        "I" => 2,
        _ => 1,
    }
}

/// The first type in a row of descriptors, and what follows it.
fn first_type(text: &str) -> Option<(&str, &str)> {
    let base = text.trim_start_matches('[');
    let dimensions = text.len() - base.len();
    let length = match base.chars().next()? {
        'Z' | 'B' | 'S' | 'I' => 1,
        'L' => base.find(';')? + 1,
        _ => return None,
    };
    text.split_at_checked(dimensions + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_and_result_are_taken_apart() {
        let descriptor = "([BSLjavacard/framework/APDU;[[Z)[S";
        assert_eq!(
            parameters(descriptor),
            Some(vec!["[B", "S", "Ljavacard/framework/APDU;", "[[Z"])
        );
        assert_eq!(result(descriptor), Some("[S"));
        assert_eq!(parameters("()V"), Some(vec![]));
        assert_eq!(result("()V"), Some("V"));
        for wrong in ["", "()", "(X)V", "(L)V", "([)V", "(S)VV"] {
            assert!(
                parameters(wrong).is_none() || result(wrong).is_none(),
                "{wrong}"
            );
        }
    }
}
