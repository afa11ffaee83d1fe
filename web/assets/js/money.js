// Money: whole minor units in, a price in the shopper's own notation out.

/** @param {string} currency ISO 4217 */
export function digitsOf(currency) {
  return new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
}

/** @param {number} minor whole minor units @param {string} currency ISO 4217 */
export function price(minor, currency) {
  const digits = digitsOf(currency);
  return new Intl.NumberFormat("en", { style: "currency", currency }).format(minor / 10 ** digits);
}
