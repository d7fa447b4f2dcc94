/* What a bare ZeroMQ round trip costs: a ROUTER and a DEALER in two processes, messages of 1 KB,
 * blocking. Prints the CPU microseconds of both processes for each round trip.
 *
 *     message_floor ENDPOINT IN_FLIGHT SECONDS */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

enum { MESSAGE_BYTES = 1024 };

static double cpu_s(int who)
{
    struct rusage usage;
    getrusage(who, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* Sends everything back; a message of one byte ends it. */
static int echo(const char *endpoint)
{
    void *zmq = zmq_ctx_new(), *socket = zmq_socket(zmq, ZMQ_DEALER);
    char message[MESSAGE_BYTES];
    int len = 0;
    zmq_connect(socket, endpoint);
    zmq_send(socket, "hello", 5, 0);
    while ((len = zmq_recv(socket, message, sizeof(message), 0)) > 1)
        zmq_send(socket, message, (size_t)len, 0);
    zmq_close(socket);
    zmq_ctx_term(zmq);
    return len == 1 ? 0 : 1;
}

int main(int argc, char **argv)
{
    char id[256], message[MESSAGE_BYTES] = {0};
    if (argc != 4) {
        fprintf(stderr, "usage: message_floor ENDPOINT IN_FLIGHT SECONDS\n");
        return 2;
    }
    pid_t child = fork();
    if (child == 0)
        return echo(argv[1]);
    void *zmq = zmq_ctx_new(), *socket = zmq_socket(zmq, ZMQ_ROUTER);
    if (zmq_bind(socket, argv[1]) != 0)
        return 1;
    int id_len = zmq_recv(socket, id, sizeof(id), 0);
    zmq_recv(socket, message, sizeof(message), 0);
    size_t trips = 0;
    double started_s = cpu_s(RUSAGE_SELF);
    time_t end = time(NULL) + strtol(argv[3], NULL, 10) + 1;
    for (long i = strtol(argv[2], NULL, 10); i > 0; i--) {
        zmq_send(socket, id, (size_t)id_len, ZMQ_SNDMORE);
        zmq_send(socket, message, sizeof(message), 0);
    }
    for (; time(NULL) < end; trips++) {
        zmq_recv(socket, id, sizeof(id), 0);
        zmq_recv(socket, message, sizeof(message), 0);
        zmq_send(socket, id, (size_t)id_len, ZMQ_SNDMORE);
        zmq_send(socket, message, sizeof(message), 0);
    }
    double own_s = cpu_s(RUSAGE_SELF) - started_s;
    zmq_send(socket, id, (size_t)id_len, ZMQ_SNDMORE);
    zmq_send(socket, "", 1, 0);
    waitpid(child, NULL, 0);
    printf("%.2f\n", (own_s + cpu_s(RUSAGE_CHILDREN)) * 1e6 / (double)trips);
    zmq_close(socket);
    zmq_ctx_term(zmq);
    return 0;
}
