//! The text form, read back.

mod expression;
mod function;

use super::lexer::{Kind, Token, tokens};
use crate::ir::{
    AppletEntry, BlockId, Class, ClassId, ConstArray, Element, Field, Function, FunctionId,
    LocalId, Program, Type,
};
use cap_file::api::{ApiPackage, parse};
use thiserror::Error;

/// Text that is not IR.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}: expected {expected}, found {found}")]
pub struct ParseError {
    /// The line, from 1.
    pub line: usize,
    /// What should stand there.
    pub expected: String,
    /// What does.
    pub found: String,
}

type Result<T = ()> = std::result::Result<T, ParseError>;

/// Reads a program. Names are resolved, types are not checked: see [`crate::ir::verify`].
///
/// # Errors
/// [`ParseError`] where the text is not as the module `text` describes it.
pub fn parse(text: &str) -> Result<Program> {
    let tokens = tokens(text)?;
    let mut parser = Parser {
        tokens: &tokens,
        at: 0,
        program: Program::empty(),
        function: None,
    };
    parser.declarations()?;
    parser.at = 0;
    parser.definitions()?;
    Ok(parser.program)
}

impl Program {
    /// A program without anything in it.
    #[must_use]
    pub fn empty() -> Self {
        Program {
            aid: Vec::new(),
            version: (1, 0),
            name: String::new(),
            applets: Vec::new(),
            classes: Vec::new(),
            arrays: Vec::new(),
            functions: Vec::new(),
            imports: Vec::new(),
            exports: Vec::new(),
            files: Vec::new(),
        }
    }
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    program: Program,
    /// The function whose body is being read.
    function: Option<Function>,
}

impl Parser<'_> {
    fn error(&self, expected: &str) -> ParseError {
        let found = match self.tokens.get(self.at).map(|token| &token.kind) {
            Some(Kind::Mark(mark)) => mark.to_string(),
            Some(Kind::Word(word)) => word.clone(),
            Some(Kind::Text(text) | Kind::Line(text)) => format!("{text:?}"),
            None => "the end".to_owned(),
        };
        let line = self
            .tokens
            .get(self.at)
            .or(self.tokens.last())
            .map_or(1, |token| token.line);
        ParseError {
            line,
            expected: expected.to_owned(),
            found,
        }
    }

    fn peek(&self) -> Option<&Kind> {
        self.tokens.get(self.at).map(|token| &token.kind)
    }

    fn peek_word(&self) -> Option<&str> {
        match self.peek() {
            Some(Kind::Word(word)) => Some(word),
            _ => None,
        }
    }

    /// A word or a quoted text.
    fn word(&mut self, expected: &str) -> Result<String> {
        match self.peek() {
            Some(Kind::Word(word) | Kind::Text(word)) => {
                let word = word.clone();
                self.at += 1;
                Ok(word)
            }
            _ => Err(self.error(expected)),
        }
    }

    /// A word that `read` understands; on failure the error points at it.
    fn read<T>(
        &mut self,
        expected: &str,
        read: impl FnOnce(&Self, &str) -> Option<T>,
    ) -> Result<T> {
        let word = self.word(expected)?;
        read(self, &word).ok_or_else(|| {
            self.at -= 1;
            self.error(expected)
        })
    }

    fn keyword(&mut self, keyword: &str) -> Result {
        self.read(keyword, |_, word| (word == keyword).then_some(()))
    }

    fn takes(&mut self, keyword: &str) -> bool {
        let is = self.peek_word() == Some(keyword);
        self.at += usize::from(is);
        is
    }

    fn mark(&mut self, mark: char) -> Result {
        if self.takes_mark(mark) {
            Ok(())
        } else {
            Err(self.error(&format!("`{mark}`")))
        }
    }

    fn takes_mark(&mut self, mark: char) -> bool {
        let is = self.peek() == Some(&Kind::Mark(mark));
        self.at += usize::from(is);
        is
    }

    fn skip_braces(&mut self) -> Result {
        while !self.takes_mark('{') {
            self.at += 1;
            if self.at >= self.tokens.len() {
                return Err(self.error("`{`"));
            }
        }
        while !self.takes_mark('}') || self.in_switch() {
            self.at += 1;
            if self.at >= self.tokens.len() {
                return Err(self.error("`}`"));
            }
        }
        Ok(())
    }

    /// Whether the brace just closed was that of a switch, which a block follows.
    fn in_switch(&self) -> bool {
        let is_block = |word: &str| {
            word.strip_prefix('b')
                .is_some_and(|rest| rest.parse::<usize>().is_ok())
        };
        self.peek_word().is_some_and(is_block)
    }

    /// First pass: the names of everything.
    fn declarations(&mut self) -> Result {
        while let Some(token) = self.peek() {
            if matches!(token, Kind::Line(_)) {
                self.at += 1;
                continue;
            }
            match self.word("a declaration")?.as_str() {
                "class" => {
                    let name = self.word("a class name")?;
                    let superclass = if self.takes("extends") {
                        Some(self.word("a superclass")?)
                    } else {
                        None
                    };
                    self.program.classes.push(Class {
                        name,
                        superclass,
                        implements: Vec::new(),
                        fields: Vec::new(),
                    });
                    while self.takes("implements") {
                        let interface = self.word("an interface")?;
                        if let Some(class) = self.program.classes.last_mut() {
                            class.implements.push(interface);
                        }
                    }
                    self.skip_braces()?;
                }
                "fn" => {
                    let name = self.word("a function name")?;
                    self.program.functions.push(Function::empty(name));
                    self.skip_braces()?;
                }
                "array" => {
                    let name = self.word("an array name")?;
                    self.program.arrays.push(ConstArray {
                        name,
                        element: Element::U8,
                        values: Vec::new(),
                    });
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Second pass: everything.
    fn definitions(&mut self) -> Result {
        let (mut class, mut array, mut function) = (0, 0, 0);
        while self.peek().is_some() {
            match self.word("a declaration")?.as_str() {
                "package" => self.package()?,
                "file" => {
                    let file = self.word("a path")?;
                    self.program.files.push(file);
                }
                "imports" => {
                    let package = self.table()?;
                    self.program.imports.push(package);
                }
                "exports" => self.program.exports = self.table()?.classes,
                "array" => {
                    self.array(array)?;
                    array += 1;
                }
                "class" => {
                    self.class(class)?;
                    class += 1;
                }
                "applet" => {
                    let aid = self.read("an AID in hexadecimal", |_, word| hex(word))?;
                    let class = self.class_id()?;
                    let install = self.function_id()?;
                    self.program.applets.push(AppletEntry {
                        aid,
                        class,
                        install,
                    });
                }
                "fn" => {
                    let done = self.function()?;
                    if let Some(slot) = self.program.functions.get_mut(function) {
                        *slot = done;
                    }
                    function += 1;
                }
                _ => {
                    self.at -= 1;
                    return Err(
                        self.error("package, file, imports, exports, array, class, applet or fn")
                    );
                }
            }
        }
        Ok(())
    }

    fn package(&mut self) -> Result {
        self.program.name = self.word("a package name")?;
        self.keyword("aid")?;
        self.program.aid = self.read("an AID in hexadecimal", |_, word| hex(word))?;
        self.keyword("version")?;
        self.program.version = self.read("a version, major.minor", |_, word| {
            let (major, minor) = word.split_once('.')?;
            Some((major.parse().ok()?, minor.parse().ok()?))
        })?;
        Ok(())
    }

    /// A package as the API's tables have it, line by line behind `|`.
    fn table(&mut self) -> Result<ApiPackage> {
        let start = self.at;
        let mut text = String::new();
        while let Some(Kind::Line(line)) = self.peek() {
            text.push_str(line);
            text.push('\n');
            self.at += 1;
        }
        parse::package(&text).map_err(|error| {
            self.at = start + error.line.saturating_sub(1);
            self.error(error.expected)
        })
    }

    fn array(&mut self, index: usize) -> Result {
        self.word("an array name")?;
        let element = self.read("an array type", |parser, word| {
            match parser.named_type(word)? {
                Type::Array(element) => Some(element),
                _ => None,
            }
        })?;
        let mut values = Vec::new();
        while let Some(value) = self.peek_word().and_then(|word| word.parse().ok()) {
            values.push(value);
            self.at += 1;
        }
        if let Some(array) = self.program.arrays.get_mut(index) {
            array.element = element;
            array.values = values;
        }
        Ok(())
    }

    fn class(&mut self, index: usize) -> Result {
        self.word("a class name")?;
        if self.takes("extends") {
            self.word("a superclass")?;
        }
        while self.takes("implements") {
            self.word("an interface")?;
        }
        self.mark('{')?;
        let mut fields = Vec::new();
        while !self.takes_mark('}') {
            let name = self.declared_name("a field name")?;
            fields.push(Field {
                name,
                ty: self.ty()?,
            });
            self.takes_mark(',');
        }
        if let Some(class) = self.program.classes.get_mut(index) {
            class.fields = fields;
        }
        Ok(())
    }

    /// `name:` or `"name" :`
    fn declared_name(&mut self, expected: &str) -> Result<String> {
        let quoted = matches!(self.peek(), Some(Kind::Text(_)));
        let word = self.word(expected)?;
        if quoted {
            self.keyword(":")?;
            return Ok(word);
        }
        word.strip_suffix(':')
            .map(str::to_owned)
            .ok_or_else(|| self.error("a name and `:`"))
    }

    fn ty(&mut self) -> Result<Type> {
        self.read("a type", Self::named_type)
    }

    fn named_type(&self, word: &str) -> Option<Type> {
        Some(match word {
            "bool" => Type::Bool,
            "u8" => Type::U8,
            "i8" => Type::I8,
            "u16" => Type::U16,
            "i16" => Type::I16,
            "usize" => Type::Usize,
            "int" => Type::Int,
            _ if word.contains('/') => Type::Api(word.to_owned()),
            _ => match word
                .strip_prefix('[')
                .and_then(|word| word.strip_suffix(']'))
            {
                Some(element) => Type::Array(element_of(&self.named_type(element)?)?),
                None => Type::Class(ClassId(self.find_class(word)?)),
            },
        })
    }

    fn element(&mut self) -> Result<Element> {
        self.read("an element type", |parser, word| {
            element_of(&parser.named_type(word)?)
        })
    }

    fn find_class(&self, word: &str) -> Option<usize> {
        find(
            word,
            self.program.classes.iter().map(|class| class.name.as_str()),
        )
    }

    fn class_id(&mut self) -> Result<ClassId> {
        self.read("a class", |parser, word| {
            parser.find_class(word).map(ClassId)
        })
    }

    fn function_id(&mut self) -> Result<FunctionId> {
        self.read("a function", |parser, word| {
            let names = parser
                .program
                .functions
                .iter()
                .map(|function| function.name.as_str());
            find(word, names).map(FunctionId)
        })
    }

    fn block_id(&mut self) -> Result<BlockId> {
        self.read("a block", |_, word| {
            word.strip_prefix('b')?.parse().ok().map(BlockId)
        })
    }

    fn local_id(&mut self) -> Result<LocalId> {
        self.read("a local, `%name.number`", |_, word| {
            local(word).map(|(_, id)| id)
        })
    }

    /// `Class.field`
    fn field_id(&mut self) -> Result<(ClassId, usize)> {
        self.read("a field", |parser, word| {
            let (class, field) = word.rsplit_once('.')?;
            let class = parser.find_class(class)?;
            let fields = &parser.program.classes.get(class)?.fields;
            Some((
                ClassId(class),
                find(field, fields.iter().map(|field| field.name.as_str()))?,
            ))
        })
    }
}

/// The index that a reference means: a name, or `#` and a number.
fn find<'a>(word: &str, mut names: impl Iterator<Item = &'a str>) -> Option<usize> {
    match word.strip_prefix('#') {
        Some(number) => number
            .parse()
            .ok()
            .filter(|index| names.nth(*index).is_some()),
        None => names.position(|name| name == word),
    }
}

fn element_of(ty: &Type) -> Option<Element> {
    Some(match ty {
        Type::Bool => Element::Bool,
        Type::U8 => Element::U8,
        Type::I8 => Element::I8,
        Type::U16 => Element::U16,
        Type::I16 => Element::I16,
        Type::Int => Element::Int,
        Type::Class(class) => Element::Class(*class),
        Type::Usize | Type::Api(_) | Type::Array(_) => return None,
    })
}

/// `%name.number`
fn local(word: &str) -> Option<(&str, LocalId)> {
    let (name, number) = word.strip_prefix('%')?.rsplit_once('.')?;
    Some((name, LocalId(number.parse().ok()?)))
}

fn hex(word: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = word
        .chars()
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<_>>()?;
    let byte = |pair: &[u8]| match pair {
        [high, low] => Some(high << 4 | low),
        _ => None,
    };
    digits.chunks(2).map(byte).collect()
}
