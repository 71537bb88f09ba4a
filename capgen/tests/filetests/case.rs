//! A file of Card Rust with its runs.

use std::path::{Path, PathBuf};

/// Where the bytes of slices start in a command's data and in its response; the words of scalar
/// arguments, and of the result, come before.
pub(crate) const SLICES: usize = 32;

#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// `area/name`
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) source: String,
    pub(crate) functions: Vec<Function>,
    pub(crate) runs: Vec<Run>,
}

/// A function that runs call.
#[derive(Clone, Debug)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) parameters: Vec<Parameter>,
    /// A scalar type's name, or empty.
    pub(crate) result: String,
    pub(crate) is_result: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum Parameter {
    /// An integer type or `bool`.
    Scalar(String),
    /// `&[u8]` or `&mut [u8]`.
    Bytes { mutable: bool },
}

#[derive(Clone, Debug)]
pub(crate) enum Argument {
    Scalar(i64),
    /// A `u32` or `i32`: two words.
    Wide(i64),
    Bytes(Vec<u8>),
}

impl Argument {
    pub(crate) fn scalar(ty: &str, value: i64) -> Self {
        if is_wide(ty) {
            Argument::Wide(value)
        } else {
            Argument::Scalar(value)
        }
    }
}

/// Whether a type takes two words.
pub(crate) fn is_wide(ty: &str) -> bool {
    ty.ends_with("32")
}

#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) text: String,
    pub(crate) function: usize,
    pub(crate) arguments: Vec<Argument>,
    status: u16,
    value: Option<i64>,
    /// Whether the value takes two words.
    is_wide: bool,
    bytes: Option<Vec<u8>>,
    /// Whether Rust itself does not make it: what it ends with is the card's alone.
    pub(crate) is_for_card: bool,
}

impl Run {
    /// The response of a run that Rust does not make.
    pub(crate) fn told(&self) -> Vec<u8> {
        self.status.to_be_bytes().to_vec()
    }

    /// Whether a response is what the line says.
    pub(crate) fn check(&self, response: &[u8]) -> Result<(), String> {
        let found = |what: &str| Err(format!("{what}, found {response:02x?}"));
        let Some((data, status)) = response.split_last_chunk::<2>() else {
            return found("a status word was expected");
        };
        if u16::from_be_bytes(*status) != self.status {
            return found(&format!("status {:04X} was expected", self.status));
        }
        let length = if self.is_wide { 4 } else { 2 };
        if let Some(value) = self.value
            && data.get(..length) != Some(&value.to_be_bytes()[8 - length..])
        {
            return found(&format!(
                "{value} ({:02x?}) was expected",
                &value.to_be_bytes()[8 - length..]
            ));
        }
        if let Some(bytes) = &self.bytes
            && data.get(SLICES..) != Some(bytes)
        {
            return found(&format!("{bytes:02x?} was expected"));
        }
        Ok(())
    }

    /// The data of the command that makes the run: words, then slices; before each slice but a
    /// function's last its length among the words.
    pub(crate) fn data(&self) -> Vec<u8> {
        let mut words: Vec<u8> = Vec::new();
        let mut slices: Vec<u8> = Vec::new();
        for argument in &self.arguments {
            match argument {
                Argument::Scalar(value) => words.extend(&value.to_be_bytes()[6..]),
                Argument::Wide(value) => words.extend(&value.to_be_bytes()[4..]),
                Argument::Bytes(bytes) => {
                    words.extend(&bytes.len().to_be_bytes()[6..]);
                    slices.extend(bytes);
                }
            }
        }
        assert!(words.len() <= SLICES, "{}: too many arguments", self.text);
        words.resize(SLICES, 0);
        words.extend(slices);
        words
    }
}

/// All cases, in order of their names.
pub(crate) fn all() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut found = Vec::new();
    for area in entries(&root) {
        for path in entries(&area) {
            let name = format!(
                "{}/{}",
                area.file_name().unwrap().to_string_lossy(),
                path.file_stem().unwrap().to_string_lossy()
            );
            found.push(read(name, path));
        }
    }
    found
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    found.sort();
    found
}

fn read(name: String, path: PathBuf) -> Case {
    let source = std::fs::read_to_string(&path).unwrap();
    case(name, path, source)
}

fn functions(name: &str, source: &str) -> Vec<Function> {
    let file = syn::parse_file(source).unwrap_or_else(|error| panic!("{name}: {error}\n{source}"));
    file.items
        .iter()
        .filter_map(|item| match item {
            syn::Item::Fn(item) if matches!(item.vis, syn::Visibility::Public(_)) => {
                Some(function(&item.sig))
            }
            _ => None,
        })
        .collect()
}

/// Reads a case's functions and runs.
fn case(name: String, path: PathBuf, source: String) -> Case {
    let functions = functions(&name, &source);
    let runs: Vec<Run> = source
        .lines()
        .filter_map(|line| {
            let line = line.trim();
            let text = line.strip_prefix("// run: ").map(|text| (text, false));
            text.or_else(|| Some((line.strip_prefix("// card: ")?, true)))
        })
        .map(|(text, is_for_card)| {
            let run = run(text, &functions).unwrap_or_else(|| panic!("{name}: {text}"));
            Run { is_for_card, ..run }
        })
        .collect();
    assert!(!runs.is_empty(), "{name} has no `// run:` line");
    Case {
        name,
        path,
        source,
        functions,
        runs,
    }
}

fn function(signature: &syn::Signature) -> Function {
    let parameters = signature
        .inputs
        .iter()
        .map(|input| {
            let syn::FnArg::Typed(typed) = input else {
                panic!("a method")
            };
            match &*typed.ty {
                syn::Type::Reference(reference) => Parameter::Bytes {
                    mutable: reference.mutability.is_some(),
                },
                ty => Parameter::Scalar(type_name(ty)),
            }
        })
        .collect();
    let (result, is_result) = match &signature.output {
        syn::ReturnType::Default => (String::new(), false),
        syn::ReturnType::Type(_, ty) => match &**ty {
            syn::Type::Path(path) if path.path.segments[0].ident == "Result" => {
                let inner = match &path.path.segments[0].arguments {
                    syn::PathArguments::AngleBracketed(list) => match &list.args[0] {
                        syn::GenericArgument::Type(ty) => type_name(ty),
                        _ => panic!("a type"),
                    },
                    _ => String::new(),
                };
                (inner, true)
            }
            ty => (type_name(ty), false),
        },
    };
    Function {
        name: signature.ident.to_string(),
        parameters,
        result,
        is_result,
    }
}

fn type_name(ty: &syn::Type) -> String {
    match ty {
        syn::Type::Path(path) => path.path.segments[0].ident.to_string(),
        _ => String::new(),
    }
}

fn run(text: &str, functions: &[Function]) -> Option<Run> {
    let syn::Expr::Binary(equation) = syn::parse_str::<syn::Expr>(text).ok()? else {
        return None;
    };
    let syn::Expr::Call(call) = &*equation.left else {
        return None;
    };
    let syn::Expr::Path(path) = &*call.func else {
        return None;
    };
    let function = functions
        .iter()
        .position(|function| path.path.is_ident(&function.name))?;
    let arguments = call
        .args
        .iter()
        .zip(&functions[function].parameters)
        .map(|(argument, parameter)| {
            number(argument)
                .map(|value| match parameter {
                    Parameter::Scalar(ty) => Argument::scalar(ty, value),
                    Parameter::Bytes { .. } => Argument::Scalar(value),
                })
                .or_else(|| bytes(argument).map(Argument::Bytes))
        })
        .collect::<Option<_>>()?;
    let mut found = Run {
        text: text.to_owned(),
        function,
        arguments,
        status: 0x9000,
        value: None,
        is_wide: is_wide(&functions[function].result),
        bytes: None,
        is_for_card: false,
    };
    expected(&equation.right, &mut found)?;
    Some(found)
}

fn expected(expr: &syn::Expr, run: &mut Run) -> Option<()> {
    match expr {
        syn::Expr::Call(call) => {
            let syn::Expr::Path(path) = &*call.func else {
                return None;
            };
            let inner = call.args.first()?;
            if path.path.is_ident("Err") {
                run.status = u16::try_from(number(inner)?).ok()?;
                return Some(());
            }
            expected(inner, run)
        }
        syn::Expr::Tuple(tuple) => tuple.elems.iter().try_for_each(|part| expected(part, run)),
        expr => {
            match number(expr) {
                Some(value) => run.value = Some(value),
                None => run.bytes = Some(bytes(expr)?),
            }
            Some(())
        }
    }
}

fn number(expr: &syn::Expr) -> Option<i64> {
    match expr {
        syn::Expr::Lit(literal) => match &literal.lit {
            syn::Lit::Int(int) => int.base10_parse().ok(),
            syn::Lit::Byte(byte) => Some(byte.value().into()),
            syn::Lit::Bool(value) => Some(value.value.into()),
            _ => None,
        },
        syn::Expr::Unary(unary) => number(&unary.expr).map(|value| -value),
        _ => None,
    }
}

fn bytes(expr: &syn::Expr) -> Option<Vec<u8>> {
    match expr {
        syn::Expr::Lit(literal) => match &literal.lit {
            syn::Lit::ByteStr(bytes) => Some(bytes.value()),
            _ => None,
        },
        syn::Expr::Array(array) => array
            .elems
            .iter()
            .map(|element| u8::try_from(number(element)?).ok())
            .collect(),
        syn::Expr::Repeat(repeat) => {
            let value = u8::try_from(number(&repeat.expr)?).ok()?;
            Some(vec![value; usize::try_from(number(&repeat.len)?).ok()?])
        }
        _ => None,
    }
}
