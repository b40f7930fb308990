/** A part of Markdown to HTML, in the part of the language that JavaScript has as well. */

function escaped(text: string): string {
  let html = "";
  for (let i = 0; i < text.length; i++) {
    const letter = text.charAt(i);
    if (letter == "<") html += "&lt;";
    else if (letter == ">") html += "&gt;";
    else if (letter == "&") html += "&amp;";
    else html += letter;
  }
  return html;
}

/** Bold, code and links within a line. */
function inline(text: string): string {
  let html = "";
  let at = 0;
  let isBold = false;
  while (at < text.length) {
    const letter = text.charAt(at);
    if (letter == "*" && text.charAt(at + 1) == "*") {
      html += isBold ? "</strong>" : "<strong>";
      isBold = !isBold;
      at += 2;
      continue;
    }
    if (letter == "`") {
      const end = text.indexOf("`", at + 1);
      if (end > at) {
        html += "<code>" + escaped(text.substring(at + 1, end)) + "</code>";
        at = end + 1;
        continue;
      }
    }
    if (letter == "[") {
      const middle = text.indexOf("](", at);
      const end = middle < 0 ? -1 : text.indexOf(")", middle);
      if (end > 0) {
        html += `<a href="${escaped(text.substring(middle + 2, end))}">${escaped(text.substring(at + 1, middle))}</a>`;
        at = end + 1;
        continue;
      }
    }
    html += escaped(letter);
    at++;
  }
  if (isBold) html += "</strong>";
  return html;
}

class Page {
  html: string = "";
  /** The tag that is open around lines, or "". */
  open: string = "";

  enter(tag: string): void {
    if (this.open == tag) return;
    if (this.open != "") this.html += "</" + this.open + ">\n";
    if (tag != "") this.html += "<" + tag + ">\n";
    this.open = tag;
  }

  line(text: string): void {
    if (text.startsWith("```")) {
      this.enter(this.open == "pre" ? "" : "pre");
    } else if (this.open == "pre") {
      this.html += escaped(text) + "\n";
    } else if (text.startsWith("- ")) {
      this.enter("ul");
      this.html += "<li>" + inline(text.substring(2)) + "</li>\n";
    } else if (text.startsWith("#")) {
      let level = 1;
      while (text.charAt(level) == "#" && level < 6) level++;
      this.enter("");
      this.html += `<h${level}>${inline(text.substring(level).trim())}</h${level}>\n`;
    } else if (text.trim().length == 0) {
      this.enter("");
    } else {
      this.enter("p");
      this.html += inline(text) + "\n";
    }
  }
}

export function compute(input: string): string {
  const page = new Page();
  const lines = input.split("\n");
  for (let i = 0; i < lines.length; i++) page.line(lines[i]);
  page.enter("");
  return page.html;
}
