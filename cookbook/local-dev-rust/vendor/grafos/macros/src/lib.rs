//! The attribute `#[grafos_std::tasklet]`.

use proc_macro::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};

/// Variable with the function of the tasklet that the build wants, where a crate has several.
const WANTED: &str = "GRAFOS_TASKLET";

/// Makes a function the tasklet of its module: writes the exports of `tasklet-profile-v0`.
///
/// The function takes `&[u8]` and gives `Output` or `Result<impl Into<Output>, &'static str>`.
#[proc_macro_attribute]
pub fn tasklet(arguments: TokenStream, item: TokenStream) -> TokenStream {
    match function_name(arguments, item.clone()) {
        Ok(name) => exports(name, item),
        Err((message, place)) => {
            let message = TokenTree::Literal(Literal::string(message));
            item.into_iter().chain(call("::core::compile_error!", message, place)).collect()
        }
    }
}

fn exports(name: Ident, item: TokenStream) -> TokenStream {
    // The compiler notes the variable: for another tasklet cargo compiles the crate again.
    let note = format!("const _: ::core::option::Option<&str> = ::core::option_env!(\"{}\");", WANTED);
    let mut items: TokenStream = note.parse().expect("the text is Rust");
    let text = name.to_string();
    let own = text.strip_prefix("r#").unwrap_or(&text);
    if std::env::var(WANTED).map_or(true, |wanted| wanted == own) {
        let place = name.span();
        items.extend(item);
        items.extend(call("::grafos_std::export_tasklet!", TokenTree::Ident(name), place));
    } else {
        // The build wants another tasklet of the crate, so nothing calls this function.
        items.extend("#[allow(dead_code)]".parse::<TokenStream>().expect("the text is Rust"));
        items.extend(item);
    }
    items
}

/// Gives the name of the function below the attribute, or the fault and its place.
fn function_name(arguments: TokenStream, item: TokenStream) -> Result<Ident, (&'static str, Span)> {
    if let Some(first) = arguments.into_iter().next() {
        return Err(("#[grafos_std::tasklet] takes no arguments.", first.span()));
    }
    let mut tokens = item.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match &token {
            // An attribute: `#` and a group in brackets.
            TokenTree::Punct(punct) if punct.as_char() == '#' => {
                tokens.next();
            }
            TokenTree::Ident(word) if word.to_string() == "pub" => {
                if matches!(tokens.peek(), Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis) {
                    tokens.next();
                }
            }
            TokenTree::Ident(word) if word.to_string() == "fn" => return plain_name(tokens.next(), tokens.next(), word.span()),
            other => return Err(("#[grafos_std::tasklet] is for an ordinary function: fn name(input: &[u8]) -> Output.", other.span())),
        }
    }
    Err(("#[grafos_std::tasklet] is for a function.", Span::call_site()))
}

fn plain_name(name: Option<TokenTree>, next: Option<TokenTree>, place: Span) -> Result<Ident, (&'static str, Span)> {
    match (name, next) {
        (Some(TokenTree::Ident(name)), Some(TokenTree::Group(_))) => Ok(name),
        (_, Some(other)) => Err(("A tasklet is one function, which has no generic parameters.", other.span())),
        _ => Err(("The function has no name.", place)),
    }
}

/// Makes the call of a macro as an item: its path and `!`, one token in parentheses, and `;`.
fn call(path: &str, argument: TokenTree, place: Span) -> TokenStream {
    let mut tokens: Vec<TokenTree> = path.parse::<TokenStream>().expect("the path is Rust").into_iter().collect();
    tokens.push(TokenTree::Group(Group::new(Delimiter::Parenthesis, argument.into())));
    tokens.push(TokenTree::Punct(Punct::new(';', Spacing::Alone)));
    for token in &mut tokens {
        token.set_span(place.resolved_at(Span::call_site()));
    }
    tokens.into_iter().collect()
}
