// What web and worker share: the queue's name and the way to Redis.

export const QUEUE = "broker-conversations";
export const connection = {
  host: "127.0.0.1",
  port: Number(process.env.REDIS_PORT),
  maxRetriesPerRequest: null, // a worker waits for Redis as long as it takes
};
