// Node.js 20 knows no proxy of the environment: its TLS connections go through HTTPS_PROXY here.
const net = require("net");
const tls = require("tls");
const { Duplex } = require("stream");

function tunnel(host) {
  const { hostname, port } = new URL(process.env.HTTPS_PROXY);
  const proxy = net.connect(Number(port), hostname);
  const waiting = [];
  let open = false;
  const stream = new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      open ? proxy.write(chunk, done) : waiting.push([chunk, done]);
    },
    final: (done) => proxy.end(done),
    destroy(error, done) {
      proxy.destroy();
      done(error);
    },
  });
  proxy.write(`CONNECT ${host}:443 HTTP/1.1\r\nHost: ${host}:443\r\n\r\n`);
  proxy.on("data", (data) => {
    if (!open) {
      open = true;
      data = data.subarray(data.indexOf("\r\n\r\n") + 4);
      for (const [chunk, done] of waiting) proxy.write(chunk, done);
    }
    if (data.length) stream.push(data);
  });
  proxy.on("end", () => stream.push(null));
  proxy.on("error", (error) => stream.destroy(error));
  return stream;
}

const connect = tls.connect;
tls.connect = (options, ...rest) => connect({ ...options, socket: tunnel(options.servername) }, ...rest);
