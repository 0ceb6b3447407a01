/**
 * Who is asking, who may, and how a route says no. It is apart from `production/http` so that the rooms' `routes.ts` can use it
 * without every process of the plant loading a web server; it is not where a token is looked up (`production/people`).
 */
export { personOf, PLANT_ROLES, provinceScope, type Access, type Identity } from './access.ts';
export { HttpError, type HttpErrorCode } from './http-error.ts';
