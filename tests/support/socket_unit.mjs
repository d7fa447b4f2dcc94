// A systemd socket unit: an address that is held while the process behind it restarts.
//
//   const unit = new SocketUnit("127.0.0.1", port);
//   new Child("edge-0", ...unit.command(file, args), environment, { fds: unit.fds });
//   unit.close();
//
// Node binds, and whoever is started listens: a node server would accept beside it. After the first start the socket goes on
// listening, because this process has it open. The shell tells the process its own number, as sd_listen_fds(3) wants it.

const { TCP, constants } = process.binding("tcp_wrap"); // node:net has no socket that is bound and does not accept

const start = 'open(my $socket, "+<&=3") or die; listen($socket, 1024) or die; $ENV{LISTEN_PID} = $$; $ENV{LISTEN_FDS} = 1; exec @ARGV or die';

export class SocketUnit {
  constructor(address, port) {
    this.handle = new TCP(constants.SERVER);
    const problem = this.handle.bind(address, port);
    if (problem !== 0) throw new Error(`${address}:${port} cannot be bound: ${problem}`);
  }

  get fds() { return [this.handle.fd]; }
  command(file, args) { return ["perl", ["-e", `$^F = 3; ${start}`, file, ...args]]; }
  close() { this.handle.close(); }
}
