//! The text form, read back.

use super::expression::{BINARY, COMPARE, UNARY};
use super::lexer::{Kind, Token, tokens};
use crate::ir::{
    ApiMethod, AppletEntry, ArrayId, Block, BlockId, Callee, Class, ClassId, ConstArray, Element,
    Entry, Expr, Field, Function, FunctionId, Local, LocalId, Position, Program, Statement,
    Terminator, Type,
};
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
            Some(Kind::Text(text)) => format!("{text:?}"),
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
        while self.peek().is_some() {
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
                    self.skip_braces()?;
                }
                "fn" => {
                    let name = self.word("a function name")?;
                    self.program.functions.push(empty_function(name));
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
                    return Err(self.error("package, file, array, class, applet or fn"));
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

    /// `%name.number: type`, put into the table of locals.
    fn local_declaration(&mut self, locals: &mut Vec<Local>) -> Result<LocalId> {
        let (name, id) = self.read("a local, `%name.number:`", |_, word| {
            let (name, id) = local(word.strip_suffix(':')?)?;
            Some((name.to_owned(), id))
        })?;
        let ty = self.ty()?;
        while locals.len() <= id.0.min(0xffff) {
            locals.push(Local {
                name: String::new(),
                ty: Type::Bool,
            });
        }
        if let Some(slot) = locals.get_mut(id.0) {
            *slot = Local { name, ty };
        }
        Ok(id)
    }

    fn place(&mut self) -> Position {
        let position = self
            .peek_word()
            .and_then(|word| word.strip_prefix('@'))
            .and_then(|place| {
                let mut parts = place.split(':').map(|part| part.parse().ok());
                Some(Position {
                    file: parts.next()??,
                    line: parts.next()??,
                    column: parts.next()??,
                })
            });
        self.at += usize::from(position.is_some());
        position.unwrap_or_default()
    }

    fn function(&mut self) -> Result<Function> {
        let mut function = empty_function(self.word("a function name")?);
        self.mark('(')?;
        while !self.takes_mark(')') {
            let parameter = self.local_declaration(&mut function.locals)?;
            function.parameters.push(parameter);
            self.takes_mark(',');
        }
        if self.takes("->") {
            function.result = Some(self.ty()?);
        }
        if self.takes("receiver") {
            let this = function
                .parameters
                .first()
                .and_then(|this| function.locals.get(this.0));
            function.receiver = match this.map(|this| &this.ty) {
                Some(Type::Class(class)) => Some(*class),
                _ => return Err(self.error("a first parameter of a class")),
            };
        }
        if self.takes("entry") {
            function.entry = Some(self.read("a method and its descriptor", |_, word| {
                let (name, _) = word.split_once('(')?;
                let descriptor = word.get(name.len()..)?.to_owned();
                Some(Entry {
                    name: name.to_owned(),
                    descriptor,
                    class: None,
                })
            })?);
            if self.takes("of") {
                let class = self.class_id()?;
                if let Some(entry) = &mut function.entry {
                    entry.class = Some(class);
                }
            }
        }
        function.position = self.place();
        self.mark('{')?;
        while self.takes("local") {
            self.local_declaration(&mut function.locals)?;
        }
        self.function = Some(function.clone());
        while !self.takes_mark('}') {
            self.read("a block label", |_, word| {
                word.strip_prefix('b')?.strip_suffix(':').map(|_| ())
            })?;
            function.blocks.push(self.block()?);
        }
        Ok(function)
    }

    fn block(&mut self) -> Result<Block> {
        let mut statements = Vec::new();
        loop {
            let terminator = match self.peek_word() {
                Some("goto") => {
                    self.at += 1;
                    Terminator::Goto(self.block_id()?)
                }
                Some("if") => {
                    self.at += 1;
                    Terminator::If(self.expression()?, self.block_id()?, self.block_id()?)
                }
                Some("switch") => {
                    self.at += 1;
                    self.switch()?
                }
                Some("return") => {
                    self.at += 1;
                    let ends = match self.peek() {
                        Some(Kind::Mark(mark)) => *mark == '}',
                        Some(Kind::Word(word)) => word.starts_with('@') || word.ends_with(':'),
                        _ => true,
                    };
                    Terminator::Return(if ends { None } else { Some(self.expression()?) })
                }
                Some("throw") => {
                    self.at += 1;
                    Terminator::Throw(self.expression()?)
                }
                Some("unreachable") => {
                    self.at += 1;
                    Terminator::Unreachable
                }
                _ => {
                    let statement = self.statement()?;
                    statements.push((statement, self.place()));
                    continue;
                }
            };
            return Ok(Block {
                statements,
                terminator,
                position: self.place(),
            });
        }
    }

    fn switch(&mut self) -> Result<Terminator> {
        let key = self.expression()?;
        self.mark('{')?;
        let mut cases = Vec::new();
        while !self.takes_mark('}') {
            let value = self.read("a number", |_, word| word.parse().ok())?;
            cases.push((value, self.block_id()?));
        }
        Ok(Terminator::Switch(key, cases, self.block_id()?))
    }

    fn statement(&mut self) -> Result<Statement> {
        if self.takes("eval") {
            return Ok(Statement::Eval(self.expression()?));
        }
        let target = self.expression()?;
        self.mark('=')?;
        let value = self.expression()?;
        match target {
            Expr::Local(local) => Ok(Statement::Set(local, value)),
            Expr::Field(object, field, class) => {
                Ok(Statement::SetField(*object, field, class, value))
            }
            Expr::Element(element, array, index) => {
                Ok(Statement::SetElement(element, *array, *index, value))
            }
            _ => Err(self.error("a local, a field or an element before `=`")),
        }
    }

    fn operand(&mut self) -> Result<Box<Expr>> {
        self.expression().map(Box::new)
    }

    fn expression(&mut self) -> Result<Expr> {
        if !self.takes_mark('(') {
            if self.peek_word().is_some_and(|word| word.starts_with('%')) {
                return self.local_id().map(Expr::Local);
            }
            return self.read("an expression", |_, word| constant(word));
        }
        let word = self.word("an operation")?;
        let expr = self.operation(&word)?;
        self.mark(')')?;
        Ok(expr)
    }

    fn operation(&mut self, word: &str) -> Result<Expr> {
        if let Some((_, op)) = BINARY.iter().find(|(name, _)| *name == word) {
            return Ok(Expr::Binary(
                *op,
                self.ty()?,
                self.operand()?,
                self.operand()?,
            ));
        }
        if let Some((_, op)) = COMPARE.iter().find(|(name, _)| *name == word) {
            return Ok(Expr::Compare(
                *op,
                self.ty()?,
                self.operand()?,
                self.operand()?,
            ));
        }
        if let Some((_, op)) = UNARY.iter().find(|(name, _)| *name == word) {
            return Ok(Expr::Unary(*op, self.ty()?, self.operand()?));
        }
        Ok(match word {
            "array" => self.read("an array", |parser, word| {
                let names = parser
                    .program
                    .arrays
                    .iter()
                    .map(|array| array.name.as_str());
                find(word, names).map(|array| Expr::ConstArray(ArrayId(array)))
            })?,
            "cast" => Expr::Cast {
                from: self.ty()?,
                to: self.ty()?,
                value: self.operand()?,
            },
            "field" => {
                let (class, field) = self.field_id()?;
                Expr::Field(self.operand()?, field, class)
            }
            "elem" => Expr::Element(self.element()?, self.operand()?, self.operand()?),
            "len" => Expr::Length(self.operand()?),
            "call" => {
                let callee = self.function_id()?;
                let result = self.result_of(callee);
                Expr::Call(Callee::Function(callee), self.arguments()?, result)
            }
            "api" => {
                let result = if self.takes("none") {
                    None
                } else {
                    Some(self.ty()?)
                };
                let method = self.read("an API method", |_, word| api_method(word))?;
                Expr::Call(Callee::Api(method), self.arguments()?, result)
            }
            "new" => Expr::New(self.class_id()?),
            "newarray" => Expr::NewArray(self.element()?, self.operand()?),
            "downcast" => {
                let class = self.word("an API class")?;
                Expr::Downcast(self.operand()?, class)
            }
            "null" => Expr::Null(self.ty()?),
            _ => {
                self.at -= 1;
                return Err(self.error("an operation"));
            }
        })
    }

    fn arguments(&mut self) -> Result<Vec<Expr>> {
        let mut arguments = Vec::new();
        while self.peek() != Some(&Kind::Mark(')')) {
            arguments.push(self.expression()?);
        }
        Ok(arguments)
    }

    /// The result of a function, which may not have been read yet.
    fn result_of(&self, callee: FunctionId) -> Option<Type> {
        let mut count = 0;
        let mut at = 0;
        while let Some(token) = self.tokens.get(at) {
            at += 1;
            if token.kind != Kind::Word("fn".to_owned()) {
                continue;
            }
            if count < callee.0 {
                count += 1;
                continue;
            }
            let header = self
                .tokens
                .get(at..)?
                .iter()
                .take_while(|token| token.kind != Kind::Mark('{'));
            let mut header = header.skip_while(|token| token.kind != Kind::Word("->".to_owned()));
            return match header.nth(1).map(|token| &token.kind) {
                Some(Kind::Word(word)) => self.named_type(word),
                _ => None,
            };
        }
        None
    }
}

fn empty_function(name: String) -> Function {
    Function {
        name,
        receiver: None,
        entry: None,
        parameters: Vec::new(),
        result: None,
        locals: Vec::new(),
        blocks: Vec::new(),
        position: Position::default(),
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
        Type::Class(class) => Element::Class(*class),
        Type::Usize | Type::Api(_) | Type::Array(_) => return None,
    })
}

/// `%name.number`
fn local(word: &str) -> Option<(&str, LocalId)> {
    let (name, number) = word.strip_prefix('%')?.rsplit_once('.')?;
    Some((name, LocalId(number.parse().ok()?)))
}

/// `5u8`, `-3i16`, `true`
fn constant(word: &str) -> Option<Expr> {
    match word {
        "true" => return Some(Expr::Const(Type::Bool, 1)),
        "false" => return Some(Expr::Const(Type::Bool, 0)),
        _ => {}
    }
    let (number, ty) = word.split_at(word.find(['u', 'i'])?);
    let ty = match ty {
        "u8" => Type::U8,
        "i8" => Type::I8,
        "u16" => Type::U16,
        "i16" => Type::I16,
        "usize" => Type::Usize,
        _ => return None,
    };
    Some(Expr::Const(ty, number.parse().ok()?))
}

/// `javacard/framework/APDU.getBuffer()[B`
fn api_method(word: &str) -> Option<ApiMethod> {
    let (path, _) = word.split_once('(')?;
    let descriptor = word.get(path.len()..)?.to_owned();
    let (class, name) = path.rsplit_once('.')?;
    Some(ApiMethod {
        class: class.to_owned(),
        name: name.to_owned(),
        descriptor,
    })
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
