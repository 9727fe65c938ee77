/** How much larger than usual the user wants text: browsers say it by the size of the root's. */
export const textScale = (): number => parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
