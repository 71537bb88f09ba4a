//! Functions, blocks and statements, read back.

use super::{Parser, Result, local};
use crate::ir::text::lexer::Kind;
use crate::ir::{
    Block, Entry, Expr, Function, Local, LocalId, Position, Statement, Terminator, Type,
};

impl Parser<'_> {
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

    pub(super) fn function(&mut self) -> Result<Function> {
        let mut function = Function::empty(self.word("a function name")?);
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
}
