/** How many blanks became good cards, computed from the stock ledger alone: there is no second source to disagree with. */
export { yieldOf, type Yield } from './yield.ts';
