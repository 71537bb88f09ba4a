//! The budget as one HTML file: a treemap of the code by Rust path, and the tables.

use super::treemap::{Rectangle, layout};
use super::{Budget, FunctionBudget, text};
use minijinja::Environment;
use minijinja::value::Serde;
use serde::Serialize;
use std::collections::BTreeMap;

const WIDTH: f64 = 1200.0;
const HEIGHT: f64 = 640.0;
/// Height of a module's name above its functions.
const TITLE: f64 = 18.0;

#[derive(Serialize)]
struct Cell {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
    /// A hue for each module.
    hue: usize,
    name: String,
    path: String,
    bytes: usize,
}

#[derive(Serialize)]
struct Group {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
    hue: usize,
    name: String,
    bytes: usize,
    cells: Vec<Cell>,
}

#[derive(Serialize)]
struct Page<'a> {
    budget: &'a Budget,
    /// By applet, a line for each.
    transactions: Vec<Vec<String>>,
    /// By exported function, what it writes.
    written: Vec<String>,
    width: f64,
    height: f64,
    groups: Vec<Group>,
}

pub(super) fn render(budget: &Budget) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    // The name ends in .html, so that every value is escaped.
    environment.add_template("budget.html", include_str!("budget.html"))?;
    let transactions = budget
        .applets
        .iter()
        .map(|applet| applet.transactions.iter().map(text::describe).collect())
        .collect();
    environment.get_template("budget.html")?.render(Serde(Page {
        budget,
        transactions,
        written: budget
            .exported
            .iter()
            .map(|exported| text::written(&exported.written))
            .collect(),
        width: WIDTH,
        height: HEIGHT,
        groups: groups(budget),
    }))
}

fn groups(budget: &Budget) -> Vec<Group> {
    let mut modules: BTreeMap<&str, Vec<&FunctionBudget>> = BTreeMap::new();
    for function in &budget.functions {
        let module = function
            .path
            .rsplit_once("::")
            .map_or("", |(module, _)| module);
        modules.entry(module).or_default().push(function);
    }
    let size = |functions: &[&FunctionBudget]| -> usize {
        functions.iter().map(|function| function.bytes).sum()
    };
    let mut modules: Vec<(&str, Vec<&FunctionBudget>)> = modules.into_iter().collect();
    modules.sort_by_key(|(_, functions)| std::cmp::Reverse(size(functions)));
    let sizes: Vec<f64> = modules
        .iter()
        .map(|(_, functions)| float(size(functions)))
        .collect();
    let whole = Rectangle {
        x: 0.0,
        y: 0.0,
        width: WIDTH,
        height: HEIGHT,
    };
    let count = modules.len().max(1);
    let placed = layout(&sizes, whole);
    modules
        .iter()
        .zip(placed)
        .enumerate()
        .map(|(index, ((module, functions), area))| {
            let hue = 360 * index / count;
            Group {
                x: round(area.x),
                y: round(area.y),
                width: round(area.width),
                height: round(area.height),
                hue,
                name: if module.is_empty() { "(root)" } else { module }.to_owned(),
                bytes: size(functions),
                cells: cells(functions, area, hue),
            }
        })
        .collect()
}

fn cells(functions: &[&FunctionBudget], area: Rectangle, hue: usize) -> Vec<Cell> {
    let title = TITLE.min(area.height / 3.0);
    let inner = Rectangle {
        y: area.y + title,
        height: area.height - title,
        ..area
    };
    let sizes: Vec<f64> = functions
        .iter()
        .map(|function| float(function.bytes))
        .collect();
    let cell = |(function, area): (&&FunctionBudget, Rectangle)| Cell {
        x: round(area.x),
        y: round(area.y),
        width: round(area.width),
        height: round(area.height),
        hue,
        name: function
            .path
            .rsplit("::")
            .next()
            .unwrap_or(&function.path)
            .to_owned(),
        path: function.path.clone(),
        bytes: function.bytes,
    };
    functions
        .iter()
        .zip(layout(&sizes, inner))
        .map(cell)
        .collect()
}

/// A size as a number to draw with; sizes are those of a CAP file, below 65536.
fn float(size: usize) -> f64 {
    u32::try_from(size).map_or(f64::MAX, f64::from)
}

/// Tenths are enough to draw with.
fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}
