/**
 * Why an image cannot be had, in words for whoever asked for it: which image, why, and what to do.
 */

export class ImageFault extends Error {
  override readonly name = "ImageFault";
  /** Whether the same may go well in a moment. */
  readonly isPassing: boolean;
  /** When to try again at the earliest, as a registry said. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, passing: boolean | { readonly retryAfterMs: number | undefined } = false) {
    super(message);
    this.isPassing = passing !== false;
    this.retryAfterMs = typeof passing === "object" ? passing.retryAfterMs : undefined;
  }
}

export const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
