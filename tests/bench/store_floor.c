/* A bare call of Redis: GET of a key of 512 bytes over a unix socket, IN_FLIGHT of them in each
 * batch. Prints how many; who starts it measures the server.
 *
 *     store_floor SOCKET IN_FLIGHT SECONDS */
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int main(int argc, char **argv)
{
    char text[512] = {0};
    redisReply *reply = NULL;
    redisContext *redis = argc == 4 ? redisConnectUnix(argv[1]) : NULL;
    if (redis == NULL || redis->err != 0) {
        fprintf(stderr, "usage: store_floor SOCKET IN_FLIGHT SECONDS\n");
        return 2;
    }
    long in_flight = strtol(argv[2], NULL, 10), calls = 0;
    memset(text, 'x', sizeof(text));
    freeReplyObject(redisCommand(redis, "SET bench %b", text, sizeof(text)));
    for (time_t end = time(NULL) + strtol(argv[3], NULL, 10) + 1; time(NULL) < end;) {
        for (long i = 0; i < in_flight; i++)
            redisAppendCommand(redis, "GET bench");
        for (long i = 0; i < in_flight; i++, calls++) {
            if (redisGetReply(redis, (void **)&reply) != REDIS_OK)
                return 1;
            freeReplyObject(reply);
        }
    }
    printf("%ld\n", calls);
    redisFree(redis);
    return 0;
}
