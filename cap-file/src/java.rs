//! Names and types of Java as class files write them (JCVM §5.6.4, §5.8, §5.9): in export files, and those of what is remote.

/// The words that Java keeps for itself.
const KEYWORDS: [&str; 53] = [
    "abstract",
    "assert",
    "boolean",
    "break",
    "byte",
    "case",
    "catch",
    "char",
    "class",
    "const",
    "continue",
    "default",
    "do",
    "double",
    "else",
    "enum",
    "extends",
    "false",
    "final",
    "finally",
    "float",
    "for",
    "goto",
    "if",
    "implements",
    "import",
    "instanceof",
    "int",
    "interface",
    "long",
    "native",
    "new",
    "null",
    "package",
    "private",
    "protected",
    "public",
    "return",
    "short",
    "static",
    "strictfp",
    "super",
    "switch",
    "synchronized",
    "this",
    "throw",
    "throws",
    "transient",
    "true",
    "try",
    "void",
    "volatile",
    "while",
];

/// Whether a word is one that Java keeps for itself, so that nothing can have it as its name.
#[must_use]
pub fn is_keyword(word: &str) -> bool {
    KEYWORDS.binary_search(&word).is_ok()
}

/// An identifier of Java that is no keyword.
pub(crate) fn is_identifier(name: &str) -> bool {
    let mut letters = name.chars();
    let first = letters
        .next()
        .is_some_and(|first| first.is_alphabetic() || first == '_' || first == '$');
    first
        && letters.all(|letter| letter.is_alphanumeric() || letter == '_' || letter == '$')
        && !is_keyword(name)
}

/// Identifiers separated by `/`.
pub(crate) fn is_qualified(name: &str) -> bool {
    name.split('/').all(is_identifier)
}

/// The full name of a class: Java Card knows no package without a name.
pub(crate) fn is_class_name(name: &str) -> bool {
    name.contains('/') && is_qualified(name)
}

/// Splits the type at the front off; `None` if there is none that Java Card has. Arrays have one dimension.
fn first_type(text: &str) -> Option<(&str, &str)> {
    let element = text.strip_prefix('[').unwrap_or(text);
    let length = match element.chars().next()? {
        'Z' | 'B' | 'S' | 'I' => 1,
        'L' => {
            let end = element.find(';')?;
            is_class_name(element.get(1..end)?).then_some(end + 1)?
        }
        _ => return None,
    };
    text.split_at_checked(text.len() - element.len() + length)
}

/// The type of a field.
pub(crate) fn is_field_type(text: &str) -> bool {
    first_type(text).is_some_and(|(_, rest)| rest.is_empty())
}

/// What a method returns, if its signature is well-formed.
pub(crate) fn result_of(signature: &str) -> Option<&str> {
    let mut rest = signature.strip_prefix('(')?;
    loop {
        if let Some(result) = rest.strip_prefix(')') {
            return (result == "V" || is_field_type(result)).then_some(result);
        }
        rest = first_type(rest)?.1;
    }
}

/// The classes that a type or signature names.
pub(crate) fn classes_in(text: &str) -> impl Iterator<Item = &str> {
    text.split(';')
        .filter_map(|part| Some(part.split_once('L')?.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_sorted_and_no_identifiers() {
        assert!(KEYWORDS.is_sorted());
        assert!(KEYWORDS.iter().all(|keyword| !is_identifier(keyword)));
        assert!(
            ["class_1", "$", "Übung", "_2"]
                .into_iter()
                .all(is_identifier)
        );
        assert!(
            ["", "1a", "a-b", "a/b", "a.b"]
                .into_iter()
                .all(|name| !is_identifier(name))
        );
    }

    #[test]
    fn types_are_those_of_java_card() {
        for right in ["()V", "([BSB)Z", "(Ljava/lang/Object;[La/B;)[I"] {
            assert!(result_of(right).is_some(), "{right}");
        }
        for wrong in [
            "",
            "()",
            "V",
            "(V)V",
            "([[B)V",
            "(J)V",
            "(LObject;)V",
            "()VV",
            "(S",
            "(Lé;)V",
        ] {
            assert!(result_of(wrong).is_none(), "{wrong}");
        }
        assert!(is_field_type("[S") && !is_field_type("V") && !is_field_type("SS"));
    }
}
