// Style sheets have nothing to say in tests.
module.exports = {};
