/** Where pages go unless told. */
export const FOLDER = 'offsite-report';
