// A recommender in JavaScript, from docs/plugins-in-any-language.md and the protos alone:
// items that the same users have. It needs @grpc/grpc-js and @grpc/proto-loader.
const fs = require('fs'), net = require('net'), grpc = require('@grpc/grpc-js'), loader = require('@grpc/proto-loader');
const env = process.env, MAX = 64 << 20;
if (env.CLLM4REC_PLUGIN_COOKIE !== '8f0f6a0f-cllm4rec' || env.CLLM4REC_PLUGIN_KIND !== 'recommender' || env.CLLM4REC_PLUGIN_CONTRACT !== '2') {
  console.error('javascript is a recommender plugin of cllm4rec, contract 2: the runner starts it');
  process.exit(76);
}
const v1 = grpc.loadPackageDefinition(loader.loadSync('core/pluginrpc/v1/recommender.proto', { includeDirs: [__dirname], keepCase: true, longs: String, enums: String, defaults: true, oneofs: true })).cllm4rec.v1;
let configured = false, model = null; // model: weights[item][other]

// An error of the contract: a status with one ErrorDetail.
const field = (number, body) => Buffer.concat([Buffer.from([number << 3 | 2, ...length(body.length)]), body]);
const length = (n) => (n < 128 ? [n] : [n & 127 | 128, ...length(n >> 7)]);
function fault(code, message) {
  const status = { invalid: 3, bad_data: 10, order: 9, unsupported: 12 }[code], metadata = new grpc.Metadata();
  const detail = Buffer.concat([field(1, Buffer.from(code)), field(2, Buffer.from(message))]);
  const any = Buffer.concat([field(1, Buffer.from('type.googleapis.com/cllm4rec.v1.ErrorDetail')), field(2, detail)]);
  metadata.set('grpc-status-details-bin', Buffer.concat([Buffer.from([8, status]), field(3, any)]));
  return Object.assign(new Error(message), { code: status, details: message, metadata });
}

// The tie rule: SplitMix64's finaliser over item and salt.
function key(item, ties) {
  if (ties && ties.rule === 'TIE_RULE_INDEX') return BigInt(item);
  const mask = (x) => BigInt.asUintN(64, x);
  let z = mask(BigInt(item) + mask((BigInt(ties ? ties.seed : 0) + 1n) * 0x9e3779b97f4a7c15n));
  z = mask((z ^ z >> 30n) * 0xbf58476d1ce4e5b9n);
  z = mask((z ^ z >> 27n) * 0x94d049bb133111ebn);
  return z ^ z >> 31n;
}

const unary = (answer) => (call, reply) => { try { reply(null, answer(call.request)); } catch (e) { reply(e); } };
const plugin = {
  Info: unary(() => ({ kind: 'KIND_RECOMMENDER', name: 'javascript', version: '1.0.0', contract_version: 2, semantics: 1, summary: 'Items that the same users have', capabilities: ['fold_in'],
    schema: Buffer.from('{"type": "object", "properties": {}, "additionalProperties": false}') })),
  Configure: unary(({ params }) => {
    const unknown = Object.keys(JSON.parse(params.toString() || '{}'));
    if (unknown.length) throw fault('invalid', `unknown parameters: ${unknown.join(', ')}; there are none`);
    configured = true, model = null;
    return { resolved: Buffer.from('{}') };
  }),
  Close: unary(() => { model = null; return {}; }),
};
const recommender = {
  Fit(call) {
    const histories = new Map();
    let spec = null, wrong = configured ? null : fault('order', 'Fit was called before Configure');
    call.on('data', ({ what, spec: s, chunk }) => {
      if (what === 'spec') { spec = s, model = null; return; }
      chunk.users.forEach((user, at) => {
        const item = chunk.items[at];
        if (user < 0 || user >= spec.users || item < 0 || item >= spec.items) wrong ||= fault('bad_data', `a row with user ${user} and item ${item} is out of range`);
        histories.set(user, [...(histories.get(user) || []), item]);
      });
    });
    call.on('end', () => {
      if (call.cancelled) return;
      if (wrong) return call.emit('error', wrong);
      model = Array.from({ length: spec.items }, () => new Float64Array(spec.items));
      for (const items of histories.values()) for (const a of items) for (const b of items) if (a !== b) model[a][b] += 1;
      call.write({ fitted: {} });
      call.end();
    });
  },
  Rank: unary(({ ties, queries }) => {
    if (!model) throw fault('order', 'Rank was called before Fit');
    return { rankings: queries.map(({ history, k }) => {
      const outside = history.find((item) => item < 0 || item >= model.length);
      if (outside !== undefined || k < 1) throw fault('invalid', `a query asks for ${k} items, with item ${outside} of ${model.length} in its history`);
      const scores = new Float64Array(model.length);
      for (const item of history) model[item].forEach((weight, other) => { scores[other] += weight; });
      const keys = Array.from(scores, (_, item) => key(item, ties));
      const items = [...scores.keys()].sort((a, b) => scores[b] - scores[a] || (keys[a] < keys[b] ? -1 : 1)).slice(0, k);
      return { items, scores: items.map((item) => scores[item]) };
    }) };
  }),
};
for (const [name, { requestStream, responseStream }] of Object.entries(v1.Recommender.service)) { // capabilities that it has not
  const refuse = fault('unsupported', `javascript has no ${name}`);
  recommender[name] ||= requestStream || responseStream ? (call) => call.emit('error', refuse) : (call, reply) => reply(refuse);
}

// The services beside those of the contract; their messages are a byte or none.
const bytes = (path, responseStream) => ({ path, requestStream: false, responseStream, requestSerialize: (x) => x, requestDeserialize: (x) => x, responseSerialize: (x) => x, responseDeserialize: (x) => x });
const server = new grpc.Server({ 'grpc.max_receive_message_length': MAX, 'grpc.max_send_message_length': MAX });
const end = () => setTimeout(() => process.exit(0), 50);
server.addService(v1.Plugin.service, plugin);
server.addService(v1.Recommender.service, recommender);
server.addService({ Check: bytes('/grpc.health.v1.Health/Check', false) }, { Check: (call, reply) => reply(null, Buffer.from([8, 1])) });
server.addService({ StreamStdio: bytes('/plugin.GRPCStdio/StreamStdio', true) }, { StreamStdio: () => {} });
server.addService({ Shutdown: bytes('/plugin.GRPCController/Shutdown', false) }, { Shutdown: (call, reply) => { reply(null, Buffer.alloc(0)); end(); } });

new net.Socket({ fd: Number(env.CLLM4REC_PLUGIN_PARENT), readable: true, writable: false }).on('end', () => process.exit(70)).resume();
process.on('SIGINT', () => {});
process.on('SIGTERM', end);
const [secret, certificate] = fs.readFileSync(env.CLLM4REC_PLUGIN_PAIR, 'utf8').split(/(?=-----BEGIN CERTIFICATE)/).map((text) => Buffer.from(text));
const socket = env.PLUGIN_UNIX_SOCKET_DIR + '/plugin';
const credentials = grpc.ServerCredentials.createSsl(Buffer.from(env.PLUGIN_CLIENT_CERT), [{ private_key: secret, cert_chain: certificate }], true);
server.bindAsync('unix:' + socket, credentials, (error) => {
  if (error) throw error;
  const der = certificate.toString().replace(/-----[^-]+-----|\s|=/g, '');
  fs.writeSync(1, `1|2|unix|${socket}|grpc|${der}\n`);
});
