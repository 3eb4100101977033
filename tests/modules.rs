//! The modules of a crate and what they import, read from their source: one module a file, tests left out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Path of a module or an item below the root of its crate: `network`, `recurrent`, `kernel`.
type Names = Vec<String>;

/// The modules of a crate.
pub struct Modules {
    /// The code of each, without comments and tests; the path of the root is empty.
    code: BTreeMap<Names, String>,
    /// In each module, the names that a `use` makes, and the path behind it.
    used: BTreeMap<Names, BTreeMap<String, Names>>,
}

/// One path of a `use`, as it is written.
struct Use {
    path: Names,
    /// The name that it makes: `b` of `use a as b`.
    name: String,
    is_public: bool,
}

impl Modules {
    /// Reads all files below `src`, the folder of a crate.
    pub fn read(src: &Path) -> Self {
        let mut modules = Self { code: BTreeMap::new(), used: BTreeMap::new() };
        modules.folder(src, &[]);
        let of = |(module, code): (&Names, &String)| {
            let paths = uses(code).into_iter().filter_map(|one| Some((one.name, modules.path(module, &one.path)?)));
            (module.clone(), paths.collect())
        };
        modules.used = modules.code.iter().map(of).collect();
        modules
    }

    fn folder(&mut self, folder: &Path, above: &[String]) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let below: Names = above.iter().cloned().chain([name.clone()]).collect();
            if path.is_dir() {
                self.folder(&path, &below);
            } else if path.extension().is_some_and(|extension| extension == "rs") && name != "tests" {
                let is_root = above.is_empty() && (name == "lib" || name == "main");
                let text = std::fs::read_to_string(&path).unwrap();
                self.code.insert(if is_root { Names::new() } else { below }, code(&text));
            }
        }
    }

    /// For each module, the other modules that it imports something of: with `use`, by a path from `crate`, `super` or
    /// a module below it, or by a call of its macro. That a module has another below it, or makes its names public, is
    /// no import, unless it uses such a type itself.
    pub fn imports(&self) -> BTreeMap<String, BTreeSet<String>> {
        let of = |(module, code): (&Names, &String)| {
            let is_own = |one: &Use| one.is_public && self.code.contains_key(&[&module[..], &one.path[..1]].concat());
            let rest = outside_uses(code);
            let is_type = |name: &str| name.starts_with(char::is_uppercase);
            let in_code = |name: &str| is_type(name) && rest.split(|at| !is_name(at)).any(|word| word == name);
            let used = uses(code).into_iter().filter(|one| !is_own(one) || in_code(&one.name)).map(|one| one.path);
            let paths = used.chain(mentions(&rest)).filter_map(|path| self.path(module, &path));
            let defined = paths.map(|path| self.defining(&path, 0)).chain(self.macros(code));
            let defined = defined.filter(|other| other != module);
            (module.join("::"), defined.map(|other| other.join("::")).collect())
        };
        self.code.iter().map(of).collect()
    }

    /// The modules whose macros a source calls.
    fn macros(&self, code: &str) -> Vec<Names> {
        let defines = |other: &String, called: &str| other.contains(&format!("macro_rules! {called} "));
        let calls = code.split(|character| !is_name(character) && character != '!');
        let called: BTreeSet<&str> = calls.filter_map(|call| call.strip_suffix('!')).collect();
        let defined = |(module, other): (&Names, &String)| {
            called.iter().any(|called| defines(other, called)).then(|| module.clone())
        };
        self.code.iter().filter_map(defined).collect()
    }

    /// A path as it is written in a module, from the root of the crate; `None` where it leads to another crate.
    fn path(&self, module: &[String], written: &[String]) -> Option<Names> {
        let first = written.first()?;
        let ups = written.iter().take_while(|name| *name == "super").count();
        if ups > 0 {
            return Some([&module[..module.len().checked_sub(ups)?], &written[ups..]].concat());
        }
        match first.as_str() {
            "crate" => Some(written[1..].to_vec()),
            "self" => Some([module, &written[1..]].concat()),
            _ => {
                let below = [module, &written[..1]].concat();
                self.code.contains_key(&below).then(|| [module, written].concat())
            }
        }
    }

    /// The module that defines what a path names, behind the modules that only use it.
    fn defining(&self, path: &[String], depth: usize) -> Names {
        let mut module = Names::new();
        for (at, name) in path.iter().enumerate() {
            let below = [&module[..], std::slice::from_ref(name)].concat();
            if self.code.contains_key(&below) {
                module = below;
                continue;
            }
            return match self.used.get(&module).and_then(|used| used.get(name)) {
                Some(used) if depth < 8 => self.defining(&[used, &path[at + 1..]].concat(), depth + 1),
                _ => module,
            };
        }
        module
    }
}

/// Groups of modules that import each other, directly or through others; largest group first.
pub fn circles(imports: &BTreeMap<String, BTreeSet<String>>) -> Vec<Vec<&String>> {
    let reached: BTreeMap<&String, BTreeSet<&String>> =
        imports.keys().map(|from| (from, reach(imports, from))).collect();
    let mut groups = BTreeSet::new();
    for (from, others) in &reached {
        let group: Vec<&String> = others.iter().copied().filter(|other| reached[other].contains(from)).collect();
        if group.len() > 1 {
            groups.insert(group);
        }
    }
    let mut groups: Vec<Vec<&String>> = groups.into_iter().collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
    groups
}

/// All modules that one imports, directly or through others.
fn reach<'a>(imports: &'a BTreeMap<String, BTreeSet<String>>, from: &String) -> BTreeSet<&'a String> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&String> = imports[from].iter().collect();
    while let Some(module) = open.pop() {
        if reached.insert(module) {
            open.extend(&imports[module]);
        }
    }
    reached
}

/// Source without comments and without what is compiled for tests alone.
fn code(text: &str) -> String {
    let mut kept = String::new();
    // The line that ends a module written within the file.
    let mut inner_end = None;
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let end = format!("{}}}", &line[..line.len() - line.trim_start().len()]);
        if ["#[cfg(test)]", "#[cfg(all(test"].iter().any(|start| line.trim_start().starts_with(start)) {
            if lines.next().is_some_and(|item| !item.ends_with(';')) {
                lines.by_ref().find(|line| *line == end);
            }
            continue;
        }
        if line.ends_with('{') && names_module(line) {
            inner_end = Some(end);
        } else if inner_end.as_deref() == Some(line) {
            inner_end = None;
        }
        let comment = line.match_indices("//").find(|(at, _)| !line[..*at].ends_with(':')).map(|(at, _)| at);
        let line = &line[..comment.unwrap_or(line.len())];
        kept.push_str(&if inner_end.is_some() { one_up_less(line) } else { line.to_owned() });
        kept.push('\n');
    }
    kept
}

/// Whether a line begins a module: `pub mod name {`.
fn names_module(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    words.len() <= 4 && words.iter().rev().nth(2) == Some(&"mod")
}

/// A line of a module written within a file, as a line of the file.
fn one_up_less(line: &str) -> String {
    line.replace("super::super::", "\0").replace("super::", "self::").replace('\0', "super::")
}

/// The paths of all `use` of a source.
fn uses(code: &str) -> Vec<Use> {
    let mut found = Vec::new();
    for (is_public, tree) in statements(code) {
        expand(&[], tree, &mut |path, name| found.push(Use { path, name, is_public }));
    }
    found
}

/// The tree of each `use`, and whether it is public in any way.
fn statements(code: &str) -> impl Iterator<Item = (bool, &str)> {
    let starts = code.match_indices("use ").filter_map(|(at, _)| {
        let line = code[..at].rfind('\n').map_or(0, |end| end + 1);
        let before = code[line..at].trim();
        (before.is_empty() || before.starts_with("pub")).then_some((!before.is_empty(), at + 4))
    });
    starts.map(|(is_public, start)| (is_public, code[start..].split(';').next().unwrap()))
}

/// Calls `found` with every path of a tree such as `a::{b, c::{self, d as e}}`, and the name that it makes.
fn expand(above: &[String], tree: &str, found: &mut impl FnMut(Names, String)) {
    let tree = tree.trim();
    if let Some((head, inner)) = tree.split_once('{') {
        let above = [above, &names(head)].concat();
        parts(inner.strip_suffix('}').unwrap()).for_each(|part| expand(&above, part, &mut *found));
        return;
    }
    let (path, alias) = tree.split_once(" as ").map_or((tree, None), |(path, alias)| (path, Some(alias.trim())));
    let mut path = [above, &names(path)].concat();
    if !above.is_empty() && path.last().is_some_and(|name| name == "self" || name == "*") {
        path.pop();
    }
    if let Some(name) = alias.map(str::to_owned).or_else(|| path.last().cloned()) {
        found(path, name);
    }
}

/// The parts between the commas outside braces.
fn parts(list: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0;
    let at_top = move |character: char| {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => (),
        }
        character == ',' && depth == 0
    };
    list.split(at_top).filter(|part| !part.trim().is_empty())
}

/// The names of a path.
fn names(path: &str) -> Names {
    path.split("::").map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// A source without its `use`.
fn outside_uses(code: &str) -> String {
    statements(code).fold(code.to_owned(), |code, (_, tree)| code.replace(&format!("use {tree};"), ""))
}

/// The paths in code outside `use`: names joined by `::`, as they are written.
fn mentions(code: &str) -> Vec<Names> {
    let is_path = |character: char| is_name(character) || character == ':';
    let paths = code.split(|character| !is_path(character)).filter(|path| path.contains("::"));
    // What begins with a colon goes on after the brackets of a type.
    paths.filter(|path| !path.starts_with(':')).map(names).collect()
}

fn is_name(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}
