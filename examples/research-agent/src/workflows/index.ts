// The service registers every workflow that this file exports.
