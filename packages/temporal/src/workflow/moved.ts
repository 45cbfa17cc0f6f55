/** Type of the failure of an update whose event goes on in the next run; the client asks there for the answer. */
export const movedEventCode = 'rgen.event.moved'
