/**
 * Lets libraries that write `<style>` elements (the terminal, the editor) work under `style-src 'self'`: what they
 * write becomes an adopted style sheet, which the policy does not forbid, since only running code can make one.
 *
 * They are handed an element that styles nothing by itself. Elements made by others than `createElement` are not
 * touched.
 */

export function adoptStyles(page: Document): void {
  const create = page.createElement.bind(page);
  page.createElement = ((name: string, options?: ElementCreationOptions) =>
    name.toLowerCase() === "style"
      ? diverted(page, create("template"))
      : create(name, options)) as Document["createElement"];
}

function diverted(page: Document, element: HTMLElement): HTMLElement {
  const sheet = new CSSStyleSheet();
  let text = "";
  const write = (next: string): void => {
    text = next;
    sheet.replaceSync(next);
    if (!page.adoptedStyleSheets.includes(sheet)) page.adoptedStyleSheets.push(sheet);
  };
  for (const name of ["textContent", "innerHTML", "innerText"] as const)
    Object.defineProperty(element, name, { get: () => text, set: write });
  Object.defineProperty(element, "appendChild", {
    value: (child: Node) => {
      write(text + (child.textContent ?? ""));
      return child;
    },
  });
  Object.defineProperty(element, "sheet", { get: () => sheet });
  Object.defineProperty(element, "remove", {
    value: () => {
      const { adoptedStyleSheets: all } = page;
      if (all.includes(sheet)) all.splice(all.indexOf(sheet), 1);
      element.parentNode?.removeChild(element);
    },
  });
  return element;
}
