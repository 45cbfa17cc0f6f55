// The service registers every function that this file exports.
