// The name of the program that scores on the CPU. The worker imports this file, and the service worker, which keeps that
// program, runs it as a plain script.

// A function that multiplies and adds in one instruction ("relaxed SIMD"). A browser that knows it scores faster with it;
// one that does not would refuse a module that holds it.
const known = WebAssembly.validate(Uint8Array.of(
  0, 97, 115, 109, 1, 0, 0, 0, // magic and version
  1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, // one function () -> v128
  10, 19, 1, 17, 0, 65, 0, 253, 17, 65, 0, 253, 17, 65, 0, 253, 17, 253, 133, 2, 11, // f32x4.relaxed_madd of zeros
));
self.cpuModule = known ? "untrained-fused" : "untrained-worker";
